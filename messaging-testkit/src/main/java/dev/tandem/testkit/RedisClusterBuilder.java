package dev.tandem.testkit;

import dev.tandem.testkit.internal.resp.Endpoint;
import dev.tandem.testkit.internal.server.Clustering;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Describes a cluster.
 *
 * <p>Thread safety: not safe for use by several threads at once.
 */
public final class RedisClusterBuilder {

  private static final int MOST_NODES = 16;
  private static final int MOST_REPLICAS = 3;

  private final RedisServerBuilder node =
      RedisServer.builder()
          .source(processes())
          .setting("cluster-enabled", "yes")
          .setting("cluster-require-full-coverage", "no")
          .setting("cluster-replica-validity-factor", "0")
          .setting(
              "cluster-node-timeout", Long.toString(RedisCluster.DEFAULT_NODE_TIMEOUT.toMillis()));
  private int nodes = RedisCluster.DEFAULT_NODES;
  private int replicas;
  private Duration startTimeout = RedisServer.DEFAULT_START_TIMEOUT;

  RedisClusterBuilder() {}

  private static RedisSource processes() {
    RedisSource detected = RedisSource.detect();
    return detected instanceof RedisSource.Executable ? detected : RedisSource.embedded();
  }

  /**
   * How many primaries; default {@link RedisCluster#DEFAULT_NODES}. With fewer than three, one that
   * fails leaves no majority, and the rest stop serving too.
   *
   * @param count 2 to 16
   * @return this builder
   * @throws IllegalArgumentException when the number is out of range
   */
  public RedisClusterBuilder nodes(int count) {
    if (count < 2 || count > MOST_NODES) {
      throw new IllegalArgumentException("nodes " + count + " is refused: 2 to " + MOST_NODES);
    }
    nodes = count;
    return this;
  }

  /**
   * How many replicas each primary has; default 0. However long a replica had no link to its
   * primary, it may take the primary's place.
   *
   * @param each 0 to 3
   * @return this builder
   * @throws IllegalArgumentException when the number is out of range
   */
  public RedisClusterBuilder replicas(int each) {
    if (each < 0 || each > MOST_REPLICAS) {
      throw new IllegalArgumentException("replicas " + each + " is refused: 0 to " + MOST_REPLICAS);
    }
    replicas = each;
    return this;
  }

  /**
   * Where the nodes come from; default {@link RedisSource#detect()} if that is a binary of this
   * machine, otherwise the embedded one.
   *
   * @param source a binary, or the embedded one
   * @return this builder
   * @throws IllegalArgumentException when the source is a container image or an external server
   */
  public RedisClusterBuilder source(RedisSource source) {
    if (source instanceof RedisSource.Image || source instanceof RedisSource.External) {
      throw new IllegalArgumentException(
          source + " is refused: a cluster needs processes of this machine");
    }
    node.source(source);
    return this;
  }

  /**
   * Adds a line to the configuration of each node, as {@link RedisServerBuilder#setting} does; a
   * later one of the same name holds.
   *
   * @param name a directive of redis.conf, not {@code requirepass}
   * @param value its value as it stands in redis.conf
   * @return this builder
   * @throws IllegalArgumentException when it is refused for a server, or sets a password
   */
  public RedisClusterBuilder setting(String name, String value) {
    if (name.equalsIgnoreCase("requirepass")) {
      throw new IllegalArgumentException(
          "setting requirepass is refused: clusters without a password only");
    }
    node.setting(name, value);
    return this;
  }

  /**
   * Whether each node writes its append-only file, as {@link RedisServerBuilder#appendOnly};
   * default false.
   *
   * @param on true to persist
   * @return this builder
   */
  public RedisClusterBuilder appendOnly(boolean on) {
    node.appendOnly(on);
    return this;
  }

  /**
   * How long the start of each node, and the coming together of all, may take; default {@link
   * RedisServer#DEFAULT_START_TIMEOUT}.
   *
   * @param timeout more than zero
   * @return this builder
   * @throws IllegalArgumentException when the timeout is not positive
   */
  public RedisClusterBuilder startTimeout(Duration timeout) {
    node.startTimeout(timeout);
    startTimeout = timeout;
    return this;
  }

  /**
   * Starts the nodes and waits until they are one cluster that serves all slots, and replicas have
   * what their primaries have.
   *
   * @return a cluster
   * @throws IllegalStateException when a node does not start, or they do not come together
   */
  public RedisCluster start() {
    List<RedisServer> started = new ArrayList<>();
    try {
      for (int i = 0; i < nodes * (1 + replicas); i++) {
        started.add(node.start());
      }
      List<Endpoint> endpoints = started.stream().map(RedisServer::endpoint).toList();
      List<Endpoint> primaries = endpoints.subList(0, nodes);
      Clustering.form(primaries, startTimeout);
      if (replicas > 0) {
        Clustering.replicate(primaries, endpoints.subList(nodes, endpoints.size()), startTimeout);
      }
      return new RedisCluster(started, startTimeout);
    } catch (RuntimeException e) {
      started.forEach(RedisServer::close);
      throw e;
    }
  }
}
