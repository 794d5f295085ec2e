package dev.tandem.testkit;

import dev.tandem.testkit.internal.resp.Endpoint;
import dev.tandem.testkit.internal.server.Engine;
import dev.tandem.testkit.internal.server.SentinelQuestions;
import dev.tandem.testkit.internal.server.ServerSettings;
import dev.tandem.testkit.internal.server.ServerSettings.Directive;
import java.time.Duration;
import java.util.List;

/**
 * A real Sentinel that watches one primary and, alone, decides that it is down: a primary that is
 * killed or frozen is replaced by one of its {@linkplain RedisServer#startReplica replicas}.
 *
 * <pre>{@code
 * try (RedisServer primary = RedisServer.start();
 *     RedisServer replica = primary.startReplica();
 *     RedisSentinel sentinel = RedisSentinel.watching("main", primary, downAfter, "")) {
 *   sentinel.awaitReplicas(1, patience);
 *   primary.kill();
 *   sentinel.awaitPrimary(replica, patience);
 * }
 * }</pre>
 *
 * <p>A replica whose link was down for ten times {@code downAfter} before the primary went is not
 * promoted, and one that follows another server than the primary is set right after some seconds:
 * {@link RedisServer#cutReplication} is not for servers that a Sentinel watches.
 *
 * <p>It listens on a free port of 127.0.0.1 and ends as a {@link RedisServer} does, also with a JVM
 * that is killed. It speaks to the servers as their default user, who must need no password.
 *
 * <p>Thread safety: instances may be used by any number of threads.
 */
public final class RedisSentinel implements AutoCloseable {

  private static final String FAILOVER_TIMEOUT_MILLIS = "5000";

  private final Engine engine;
  private final String name;

  private RedisSentinel(Engine engine, String name) {
    this.engine = engine;
    this.name = name;
  }

  /**
   * Starts a Sentinel, from the same kind of binary as {@link RedisSource#detect()} names, or the
   * embedded one.
   *
   * @param name the name that it watches the primary under
   * @param primary a server that is reached at its own {@link RedisServer#port()}
   * @param downAfter for how long the primary must be silent to be taken for down
   * @param password what clients of the Sentinel must give; empty for none
   * @return a Sentinel that answers, and may not know the replicas yet
   * @throws IllegalStateException when it does not start; the message holds its last log lines
   */
  public static RedisSentinel watching(
      String name, RedisServer primary, Duration downAfter, String password) {
    String address = primary.host() + " " + primary.port();
    List<Directive> directives =
        List.of(
            new Directive("requirepass", password),
            new Directive("sentinel", "monitor " + name + " " + address + " 1"),
            new Directive(
                "sentinel", "down-after-milliseconds " + name + " " + downAfter.toMillis()),
            new Directive("sentinel", "failover-timeout " + name + " " + FAILOVER_TIMEOUT_MILLIS));
    Engine engine =
        Engines.sentinel(
            RedisSource.detect(),
            new ServerSettings(0, false, directives, RedisServer.DEFAULT_START_TIMEOUT));
    try {
      engine.start();
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
    return new RedisSentinel(engine, name);
  }

  /**
   * The Sentinel's own URL, with its password if it has one.
   *
   * @return for example {@code redis://127.0.0.1:20123}
   */
  public String url() {
    return engine.endpoint().url();
  }

  /**
   * The port of the Sentinel.
   *
   * @return 1 to 65535
   */
  public int port() {
    return engine.endpoint().port();
  }

  /**
   * Waits until it knows so many replicas that could be promoted: they follow the primary.
   *
   * @param count how many
   * @param within how long to wait
   * @throws IllegalStateException when that takes longer
   */
  public void awaitReplicas(int count, Duration within) {
    SentinelQuestions.awaitReplicas(engine.endpoint(), name, count, within);
  }

  /**
   * Waits until it names this server as the primary.
   *
   * @param expected the server
   * @param within how long to wait
   * @throws IllegalStateException when that takes longer
   */
  public void awaitPrimary(RedisServer expected, Duration within) {
    Endpoint primary = expected.endpoint();
    SentinelQuestions.awaitPrimary(engine.endpoint(), name, primary, within);
  }

  /** Ends it at once. Closing again does nothing. */
  @Override
  public void close() {
    engine.close();
  }

  /** Names the address, never a password. */
  @Override
  public String toString() {
    return "RedisSentinel[" + name + " at " + engine.endpoint() + "]";
  }
}
