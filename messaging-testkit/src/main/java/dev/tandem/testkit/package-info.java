/**
 * A real Redis for tests, with real faults.
 *
 * <p>{@link dev.tandem.testkit.RedisTest} gives a JUnit class a server, a {@link
 * dev.tandem.testkit.FaultProxy} and tenant names of its own:
 *
 * <pre>{@code
 * @RedisTest(dedicated = true, appendOnly = true)
 * class OrdersSurviveIT {
 *
 *   @Test
 *   void acknowledgedWritesOutliveAKill(RedisServer redis, @UniqueTenant String tenant) {
 *     redis.execute("SET", tenant + ":order", "1");
 *     redis.kill();
 *     redis.restart();
 *     assertEquals("1", redis.execute("GET", tenant + ":order"));
 *   }
 * }
 * }</pre>
 *
 * <p>{@link dev.tandem.testkit.RedisSource} says where the server comes from: an external one, a
 * container image, the system's {@code redis-server}, or the embedded binary. Nothing here needs
 * another module of Tandem or a Redis client library.
 */
@NullMarked
package dev.tandem.testkit;

import org.jspecify.annotations.NullMarked;
