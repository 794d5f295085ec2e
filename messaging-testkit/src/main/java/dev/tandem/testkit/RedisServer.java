package dev.tandem.testkit;

import dev.tandem.testkit.internal.resp.Endpoint;
import dev.tandem.testkit.internal.server.Engine;
import dev.tandem.testkit.internal.server.Probe;
import dev.tandem.testkit.internal.server.Replication;
import dev.tandem.testkit.internal.server.ServerSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A real Redis server that a test may use and, if it is the test's own, hurt.
 *
 * <p>A started server listens on 127.0.0.1 only and keeps its port for life: a killed server comes
 * back where its clients look for it. Without {@link RedisServerBuilder#appendOnly} it forgets
 * everything when it ends; with it, every acknowledged write is on disk before the reply and
 * survives {@link #kill()}. {@link #close()}, or else the end of the JVM, ends the server and
 * deletes its data; where {@code sh} exists this holds for a JVM that is killed, too.
 *
 * <p>Every control method returns when its effect is in force. On an external or shared server
 * ({@link #controllable()} is false) control methods throw {@link IllegalStateException}.
 *
 * <p>Thread safety: instances may be used by any number of threads; control methods of one server
 * run one after another.
 */
public final class RedisServer implements AutoCloseable {

  /**
   * How long a start may take unless {@link RedisServerBuilder#startTimeout} says otherwise: 30
   * seconds.
   */
  public static final Duration DEFAULT_START_TIMEOUT = Duration.ofSeconds(30);

  /** How long {@link #execute} waits for a connection and for the reply: 10 seconds. */
  public static final Duration EXECUTE_TIMEOUT = Duration.ofSeconds(10);

  private final Engine engine;
  private final RedisSource source;
  private final ServerSettings settings;
  private final @Nullable RedisServer master;
  private final @Nullable String protection;

  RedisServer(
      Engine engine,
      RedisSource source,
      ServerSettings settings,
      @Nullable RedisServer master,
      @Nullable String protection) {
    this.engine = engine;
    this.source = source;
    this.settings = settings;
    this.master = master;
    this.protection = protection;
  }

  /**
   * Starts the server that {@link RedisSource#detect()} names, without persistence.
   *
   * @return a server that answers
   * @throws IllegalStateException when it does not start; the message holds its last log lines
   */
  public static RedisServer start() {
    return builder().start();
  }

  /**
   * Begins the description of a server.
   *
   * @return a builder with {@link RedisSource#detect()}, no persistence and a free port
   */
  public static RedisServerBuilder builder() {
    return new RedisServerBuilder();
  }

  /** The same server with its control methods and {@link #close()} refused for the given reason. */
  RedisServer protectedBecause(String reason) {
    return new RedisServer(engine, source, settings, master, reason);
  }

  /**
   * The server's URL, with the login if it has one.
   *
   * @return for example {@code redis://127.0.0.1:20123}
   */
  public String url() {
    return engine.endpoint().url();
  }

  /**
   * The address of the server.
   *
   * @return a host name or an IP address
   */
  public String host() {
    return engine.endpoint().host();
  }

  /**
   * The port of the server.
   *
   * @return 1 to 65535
   */
  public int port() {
    return engine.endpoint().port();
  }

  /**
   * What the running server says of itself in {@code INFO}, field {@code redis_version}; Valkey
   * states there the Redis version it is compatible with.
   *
   * @return for example {@code 7.0.15}
   */
  public String version() {
    return Probe.info(engine.endpoint(), EXECUTE_TIMEOUT, "server", "redis_version");
  }

  /**
   * Whether this server may be stopped, killed, paused, restarted and wiped.
   *
   * @return false for an external server and for one shared between test classes
   */
  public boolean controllable() {
    return refusal() == null;
  }

  /** Where the server is, with its login. */
  Endpoint endpoint() {
    return engine.endpoint();
  }

  private @Nullable String refusal() {
    return protection != null ? protection : engine.refusal();
  }

  private Engine control(String operation) {
    String refusal = refusal();
    if (refusal != null) {
      throw new IllegalStateException(
          operation + " refused for the Redis server " + engine.endpoint() + ": " + refusal);
    }
    return engine;
  }

  /**
   * Whether the server's process exists, frozen or not.
   *
   * @return false after {@link #stop()}, {@link #kill()} and a crash
   */
  public boolean alive() {
    return engine.alive();
  }

  /**
   * Whether the server answers {@code PING} now.
   *
   * @param within how long to wait for the connection and for the answer
   * @return false when it is down, frozen or still loading
   */
  public boolean answers(Duration within) {
    return Probe.answers(engine.endpoint(), within);
  }

  /**
   * Ends the server in an orderly way, without writing a snapshot.
   *
   * @throws IllegalStateException when the server is down already or not controllable
   */
  public void stop() {
    control("stop").stop();
  }

  /**
   * Ends the server at once, as {@code kill -9} does.
   *
   * @throws IllegalStateException when the server is down already or not controllable
   */
  public void kill() {
    control("kill").kill();
  }

  /**
   * Freezes the server (SIGSTOP): connections stay open and even new ones are accepted by the
   * system, but nothing is answered until {@link #resume()}.
   *
   * @throws IllegalStateException when the server is down or not controllable
   */
  public void pause() {
    control("pause").pause();
  }

  /**
   * Lets a frozen server go on (SIGCONT); it then answers what arrived in between.
   *
   * @throws IllegalStateException when the server is down or not controllable
   */
  public void resume() {
    control("resume").resume();
  }

  /**
   * Ends the server if it runs, in an orderly way, and starts it on the same port with what it has
   * on disk. Waits until it answers and has loaded its data.
   *
   * @throws IllegalStateException when it does not come back or is not controllable
   */
  public void restart() {
    Engine ours = control("restart");
    if (ours.alive()) {
      ours.stop();
    }
    ours.start();
  }

  /**
   * Ends the server at once if it runs, deletes its data and starts it on the same port, empty.
   *
   * @throws IllegalStateException when it does not come back or is not controllable
   */
  public void restartEmpty() {
    Engine ours = control("restartEmpty");
    if (ours.alive()) {
      ours.kill();
    }
    ours.wipe();
    ours.start();
  }

  /** Undoes what a test left behind: starts a server that is down, resumes one that is frozen. */
  void bringBack() {
    Engine ours = control("bringBack");
    if (ours.alive()) {
      ours.resume();
    } else {
      ours.start();
    }
  }

  /**
   * Starts a second server of the same kind and settings that replicates this one, and waits until
   * it has all that this one has now. The caller closes it. Replication is asynchronous, as always
   * in Redis: later writes reach the replica a moment later, see {@link #awaitInSync()}.
   *
   * @return the replica
   * @throws IllegalStateException when this server is external, or the replica is not in sync
   *     within the start timeout
   */
  public RedisServer startReplica() {
    if (engine.refusal() != null) {
      throw new IllegalStateException(
          "startReplica refused for the Redis server "
              + engine.endpoint()
              + ": "
              + engine.refusal());
    }
    ServerSettings anyPort =
        new ServerSettings(
            0, settings.appendOnly(), settings.directives(), settings.startTimeout());
    Engine second = Engines.of(source, anyPort);
    try {
      second.replicaOf(engine.endpointForReplicas());
      second.start();
      RedisServer replica = new RedisServer(second, source, anyPort, this, null);
      replica.awaitInSync();
      return replica;
    } catch (RuntimeException e) {
      second.close();
      throw e;
    }
  }

  private RedisServer master(String operation) {
    if (master == null) {
      throw new IllegalStateException(
          operation + " refused for the Redis server " + engine.endpoint() + ": it is no replica");
    }
    return master;
  }

  /**
   * Waits until this replica has all that its master had when this method was called, on disk too
   * if it is {@link RedisServerBuilder#appendOnly}.
   *
   * @throws IllegalStateException when this is no replica, or it takes longer than the start
   *     timeout
   */
  public void awaitInSync() {
    Endpoint from = master("awaitInSync").engine.endpoint();
    Replication.awaitInSync(engine.endpoint(), from, settings.startTimeout());
  }

  /**
   * Makes this replica a master ({@code REPLICAOF NO ONE}); it stays one after a restart.
   *
   * @throws IllegalStateException when this is no replica
   */
  public void promote() {
    master("promote");
    engine.replicaOf(null);
    Replication.promote(engine.endpoint(), settings.startTimeout());
  }

  /**
   * Stops this replica from receiving what its master writes from now on; it stays a replica, also
   * over a restart. With {@link #promote()} this makes a failover that loses acknowledged writes.
   *
   * @throws IllegalStateException when this is no replica
   */
  public void cutReplication() {
    master("cutReplication");
    engine.replicaOf(Replication.NOWHERE);
    Replication.follow(engine.endpoint(), Replication.NOWHERE);
  }

  /**
   * Lets this replica follow its master (again), also after {@link #promote()}: what only this
   * server has is lost then. Waits until it is in sync.
   *
   * @throws IllegalStateException when this is no replica, or it takes longer than the start
   *     timeout
   */
  public void resumeReplication() {
    Endpoint from = master("resumeReplication").engine.endpointForReplicas();
    engine.replicaOf(from);
    Replication.follow(engine.endpoint(), from);
    awaitInSync();
  }

  /**
   * Sends one command on a connection of its own, in RESP2.
   *
   * @param command the name and the arguments, sent as UTF-8
   * @return a String (from UTF-8), a Long, a List of such values, or null for a null reply; an
   *     error inside a list is an element of type {@link RedisErrorException}
   * @throws RedisErrorException when the reply is an error
   * @throws java.io.UncheckedIOException when there is no connection, or no reply within {@link
   *     #EXECUTE_TIMEOUT}
   */
  public @Nullable Object execute(String... command) {
    if (command.length == 0) {
      throw new IllegalArgumentException("command is empty; at least its name is needed");
    }
    return Probe.execute(engine.endpoint(), EXECUTE_TIMEOUT, command);
  }

  /**
   * Ends the server at once and deletes its data. An external server is left alone. Closing again
   * does nothing.
   *
   * @throws IllegalStateException when the server is shared between test classes
   */
  @Override
  public void close() {
    if (protection != null) {
      throw new IllegalStateException(
          "close refused for the Redis server " + engine.endpoint() + ": " + protection);
    }
    engine.close();
  }

  /** Names the address and the source, never a password. */
  @Override
  public String toString() {
    return "RedisServer[" + engine.endpoint() + ", " + source + "]";
  }
}
