package dev.tandem.testkit;

import dev.tandem.testkit.internal.resp.Endpoint;
import dev.tandem.testkit.internal.server.Clustering;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A real Redis Cluster that a test may hurt: some primaries on free ports of 127.0.0.1, each with
 * an equal share of the slots in the order of {@link #nodes()}, and no replicas.
 *
 * <p>Each node is a {@link RedisServer} with all its control methods: a killed one comes back with
 * its slots by {@link RedisServer#restart()}, after which {@link #awaitWhole()} waits until the
 * others serve beside it again; without {@link Builder#appendOnly} it comes back without data.
 * While it is away the others go on serving their slots. {@link RedisServer#restartEmpty()} makes a
 * node forget the cluster, for good.
 *
 * <pre>{@code
 * try (RedisCluster cluster = RedisCluster.start();
 *     JedisCluster jedis = connect(cluster.urls())) {
 *   cluster.nodeOf("{a}:x").kill();
 *   …
 *   cluster.moveSlot(cluster.slotOf("{b}:x"), cluster.nodes().get(0));
 * }
 * }</pre>
 *
 * <p>Needs servers that are processes of this machine, and of each port P also the port P + 10000.
 *
 * <p>Thread safety: instances may be used by any number of threads.
 */
public final class RedisCluster implements AutoCloseable {

  /** How many nodes a cluster has unless {@link Builder#nodes} says otherwise: 3. */
  public static final int DEFAULT_NODES = 3;

  /**
   * How long a node may be silent before the others take it for failed unless {@code
   * cluster-node-timeout} is set otherwise: 2 seconds.
   */
  public static final Duration DEFAULT_NODE_TIMEOUT = Duration.ofSeconds(2);

  private final List<RedisServer> nodes;
  private final Duration startTimeout;

  private RedisCluster(List<RedisServer> nodes, Duration startTimeout) {
    this.nodes = List.copyOf(nodes);
    this.startTimeout = startTimeout;
  }

  /**
   * Starts a cluster of {@link #DEFAULT_NODES} nodes without persistence.
   *
   * @return a cluster that serves all slots
   * @throws IllegalStateException when it does not start
   */
  public static RedisCluster start() {
    return builder().start();
  }

  /**
   * Begins the description of a cluster.
   *
   * @return a builder with {@link #DEFAULT_NODES} nodes and no persistence
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The nodes, alive or not, in the order in which they were given their slots.
   *
   * @return as many as were asked for
   */
  public List<RedisServer> nodes() {
    return nodes;
  }

  /**
   * The URLs of all nodes.
   *
   * @return for example {@code redis://127.0.0.1:20123}, one for each node
   */
  public List<String> urls() {
    return nodes.stream().map(RedisServer::url).toList();
  }

  /**
   * The slot of a key.
   *
   * @param key the key; what stands in its first pair of braces counts alone
   * @return 0 to 16383
   * @throws IllegalStateException when no node is alive
   */
  public int slotOf(String key) {
    return Clustering.slotOf(anyAlive().endpoint(), key);
  }

  /**
   * The node that serves a key now; while its slot moves, the one that it moves from.
   *
   * @param key the key
   * @return one of {@link #nodes()}
   * @throws IllegalStateException when no node is alive
   */
  public RedisServer nodeOf(String key) {
    return nodeOf(slotOf(key));
  }

  RedisServer nodeOf(int slot) {
    int port = Clustering.portOf(anyAlive().endpoint(), slot);
    return nodes.stream()
        .filter(node -> node.port() == port)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no node serves slot " + slot));
  }

  private RedisServer anyAlive() {
    return nodes.stream()
        .filter(RedisServer::alive)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no node of " + this + " is alive"));
  }

  /**
   * Waits until every node knows all the others and finds all slots served. A node that was
   * restarted is taken back after a few seconds.
   *
   * @throws IllegalStateException when it takes longer than the start timeout
   */
  public void awaitWhole() {
    Clustering.awaitWhole(nodes.stream().map(RedisServer::endpoint).toList(), startTimeout);
  }

  /**
   * Begins to move a slot: from now on what the slot's node does not have (yet, or any more) is
   * answered with {@code ASK}. The move goes on step by step as the caller wants.
   *
   * @param slot 0 to 16383
   * @param to the node that shall have it
   * @return the move, to be {@linkplain SlotMove#finish finished}
   * @throws IllegalArgumentException when there is no such slot, the node is none of this cluster,
   *     or has the slot already
   */
  public SlotMove beginMove(int slot, RedisServer to) {
    if (slot < 0 || slot >= Clustering.SLOTS) {
      throw new IllegalArgumentException("slot " + slot + " is refused: 0 to 16383");
    }
    if (!nodes.contains(to)) {
      throw new IllegalArgumentException(to + " is refused: it is no node of " + this);
    }
    RedisServer from = nodeOf(slot);
    if (from == to) {
      throw new IllegalArgumentException(to + " is refused: it has slot " + slot + " already");
    }
    return SlotMove.begin(nodes, slot, from, to);
  }

  /**
   * Moves a slot with all its keys, one key at a time, as an operator would: clients meet {@code
   * ASK}, with several keys {@code TRYAGAIN}, and in the end {@code MOVED}.
   *
   * @param slot 0 to 16383
   * @param to the node that shall have it
   * @throws IllegalArgumentException as {@link #beginMove} does
   */
  public void moveSlot(int slot, RedisServer to) {
    beginMove(slot, to).finish();
  }

  /** Ends all nodes at once and deletes their data. Closing again does nothing. */
  @Override
  public void close() {
    nodes.forEach(RedisServer::close);
  }

  /** Names the nodes' addresses, never a password. */
  @Override
  public String toString() {
    return "RedisCluster" + nodes.stream().map(RedisServer::endpoint).toList();
  }

  /**
   * Describes a cluster.
   *
   * <p>Thread safety: not safe for use by several threads at once.
   */
  public static final class Builder {

    private static final int MOST_NODES = 16;

    private final RedisServer.Builder node =
        RedisServer.builder()
            .source(processes())
            .setting("cluster-enabled", "yes")
            .setting("cluster-require-full-coverage", "no")
            .setting("cluster-node-timeout", Long.toString(DEFAULT_NODE_TIMEOUT.toMillis()));
    private int nodes = DEFAULT_NODES;
    private Duration startTimeout = RedisServer.DEFAULT_START_TIMEOUT;

    private Builder() {}

    private static RedisSource processes() {
      RedisSource detected = RedisSource.detect();
      return detected instanceof RedisSource.Executable ? detected : RedisSource.embedded();
    }

    /**
     * How many nodes; default {@link #DEFAULT_NODES}. With fewer than three, one that fails leaves
     * no majority, and the rest stop serving too.
     *
     * @param count 2 to 16
     * @return this builder
     * @throws IllegalArgumentException when the number is out of range
     */
    public Builder nodes(int count) {
      if (count < 2 || count > MOST_NODES) {
        throw new IllegalArgumentException("nodes " + count + " is refused: 2 to " + MOST_NODES);
      }
      nodes = count;
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
    public Builder source(RedisSource source) {
      if (source instanceof RedisSource.Image || source instanceof RedisSource.External) {
        throw new IllegalArgumentException(
            source + " is refused: a cluster needs processes of this machine");
      }
      node.source(source);
      return this;
    }

    /**
     * Adds a line to the configuration of each node, as {@link RedisServer.Builder#setting} does; a
     * later one of the same name holds.
     *
     * @param name a directive of redis.conf, not {@code requirepass}
     * @param value its value as it stands in redis.conf
     * @return this builder
     * @throws IllegalArgumentException when it is refused for a server, or sets a password
     */
    public Builder setting(String name, String value) {
      if (name.equalsIgnoreCase("requirepass")) {
        throw new IllegalArgumentException(
            "setting requirepass is refused: clusters without a password only");
      }
      node.setting(name, value);
      return this;
    }

    /**
     * Whether each node writes its append-only file, as {@link RedisServer.Builder#appendOnly};
     * default false.
     *
     * @param on true to persist
     * @return this builder
     */
    public Builder appendOnly(boolean on) {
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
    public Builder startTimeout(Duration timeout) {
      node.startTimeout(timeout);
      startTimeout = timeout;
      return this;
    }

    /**
     * Starts the nodes and waits until they are one cluster that serves all slots.
     *
     * @return a cluster
     * @throws IllegalStateException when a node does not start, or they do not come together
     */
    public RedisCluster start() {
      List<RedisServer> started = new ArrayList<>();
      try {
        for (int i = 0; i < nodes; i++) {
          started.add(node.start());
        }
        List<Endpoint> endpoints = started.stream().map(RedisServer::endpoint).toList();
        Clustering.form(endpoints, startTimeout);
        return new RedisCluster(started, startTimeout);
      } catch (RuntimeException e) {
        started.forEach(RedisServer::close);
        throw e;
      }
    }
  }
}
