package dev.tandem.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives a JUnit class a Redis server.
 *
 * <p>Constructors, lifecycle methods and test methods may have parameters of these kinds:
 *
 * <ul>
 *   <li>{@link RedisServer}: by default one server that all classes of the JVM share; it must be
 *       left as it is, so its control methods throw. With {@link #dedicated()} a server of this
 *       class, which the tests may stop, kill, freeze and wipe: before each test a server that is
 *       down is started again with what it has on disk, and a frozen one goes on. Its data and
 *       settings are not reset.
 *   <li>{@link FaultProxy}: one per test, in front of that server, closed after the test.
 *   <li>{@link UniqueTenant} {@code String}: a name no other test has.
 * </ul>
 *
 * <pre>{@code
 * @RedisTest
 * class CounterIT {
 *   @Test
 *   void counts(RedisServer redis, @UniqueTenant String tenant) {
 *     assertEquals(1L, redis.execute("INCR", tenant + ":count"));
 *   }
 * }
 * }</pre>
 *
 * <p>Servers start when a test first asks for one. Where they come from: {@link
 * RedisSource#detect()}. If that is an external server, a dedicated class is skipped, with the
 * reason. Nested classes use the annotation of the class around them unless they have their own.
 * Tests of a dedicated class that hurt the server must not run concurrently with each other.
 */
@Documented
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RedisExtension.class)
public @interface RedisTest {

  /**
   * Whether the class has a server of its own, which it may hurt.
   *
   * @return false by default
   */
  boolean dedicated() default false;

  /**
   * Whether the server persists every write before it answers; only for a dedicated one.
   *
   * @return false by default
   */
  boolean appendOnly() default false;
}
