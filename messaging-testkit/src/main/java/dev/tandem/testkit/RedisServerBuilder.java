package dev.tandem.testkit;

import dev.tandem.testkit.internal.server.Engine;
import dev.tandem.testkit.internal.server.ServerSettings;
import dev.tandem.testkit.internal.server.ServerSettings.Directive;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Describes a server.
 *
 * <p>Thread safety: not safe for use by several threads at once.
 */
public final class RedisServerBuilder {

  private static final Set<String> OURS =
      Set.of(
          "bind",
          "port",
          "dir",
          "daemonize",
          "logfile",
          "appendonly",
          "replicaof",
          "slaveof",
          "masterauth");

  private @Nullable RedisSource source;
  private final List<Directive> directives = new ArrayList<>();
  private boolean appendOnly;
  private int port;
  private Duration startTimeout = RedisServer.DEFAULT_START_TIMEOUT;

  RedisServerBuilder() {}

  /**
   * Where the server comes from; default {@link RedisSource#detect()}.
   *
   * @param newSource the source
   * @return this builder
   */
  public RedisServerBuilder source(RedisSource newSource) {
    source = newSource;
    return this;
  }

  /**
   * Adds a line to the server's configuration. Ignored by an external server.
   *
   * @param name a directive of redis.conf, for example {@code maxmemory}; not {@code bind}, {@code
   *     port}, {@code dir}, {@code daemonize}, {@code logfile}, {@code appendonly}, {@code
   *     replicaof} or {@code masterauth}, which the testkit sets
   * @param value its value as it stands in redis.conf; the empty text is written as {@code ""}
   * @return this builder
   * @throws IllegalArgumentException when the name is reserved or malformed, or the value has a
   *     line break
   */
  public RedisServerBuilder setting(String name, String value) {
    String directive = name.toLowerCase(Locale.ROOT);
    if (!directive.matches("[a-z][a-z0-9-]*")) {
      throw new IllegalArgumentException(
          "setting name \"" + name + "\" is refused: letters, digits and - only");
    }
    if (OURS.contains(directive)) {
      throw new IllegalArgumentException(
          "setting " + name + " is refused: the testkit sets it itself");
    }
    if (value.indexOf('\n') >= 0 || value.indexOf('\r') >= 0) {
      throw new IllegalArgumentException(
          "setting " + name + " is refused: its value has a line break");
    }
    directives.add(new Directive(directive, value));
    return this;
  }

  /**
   * Whether the server writes its append-only file, with {@code appendfsync always}: nothing that
   * it acknowledged is lost by {@link RedisServer#kill()}. Default false. Ignored by an external
   * server.
   *
   * @param on true to persist
   * @return this builder
   */
  public RedisServerBuilder appendOnly(boolean on) {
    appendOnly = on;
    return this;
  }

  /**
   * The port; default 0, a free one. Ignored by an external server.
   *
   * @param newPort 0 to 65535
   * @return this builder
   * @throws IllegalArgumentException when the port is out of range
   */
  public RedisServerBuilder port(int newPort) {
    if (newPort < 0 || newPort > 65_535) {
      throw new IllegalArgumentException("port " + newPort + " is refused: 0 to 65535");
    }
    port = newPort;
    return this;
  }

  /**
   * How long a start, or a replica's first synchronisation, may take; default {@link
   * RedisServer#DEFAULT_START_TIMEOUT}.
   *
   * @param timeout more than zero
   * @return this builder
   * @throws IllegalArgumentException when the timeout is not positive
   */
  public RedisServerBuilder startTimeout(Duration timeout) {
    if (timeout.isZero() || timeout.isNegative()) {
      throw new IllegalArgumentException("startTimeout " + timeout + " is refused: more than zero");
    }
    startTimeout = timeout;
    return this;
  }

  /**
   * Starts the server and waits until it answers {@code PING} and has loaded its data.
   *
   * @return a server that answers
   * @throws IllegalStateException when it does not start; the message holds its last log lines
   */
  public RedisServer start() {
    RedisSource from = source == null ? RedisSource.detect() : source;
    ServerSettings settings = new ServerSettings(port, appendOnly, directives, startTimeout);
    Engine engine = Engines.of(from, settings);
    try {
      engine.start();
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
    return new RedisServer(engine, from, settings, null, null);
  }
}
