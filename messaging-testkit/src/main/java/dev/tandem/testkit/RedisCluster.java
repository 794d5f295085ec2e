package dev.tandem.testkit;

import dev.tandem.testkit.internal.server.Clustering;
import java.time.Duration;
import java.util.List;

/**
 * A real Redis Cluster that a test may hurt: some primaries on free ports of 127.0.0.1, each with
 * an equal share of the slots in the order of {@link #nodes()}, and replicas if {@link
 * RedisClusterBuilder#replicas} asks for them.
 *
 * <p>Each node is a {@link RedisServer} with all its control methods: a killed one comes back with
 * its slots by {@link RedisServer#restart()}, after which {@link #awaitWhole()} waits until the
 * others serve beside it again; without {@link RedisClusterBuilder#appendOnly} it comes back
 * without data. While it is away the others go on serving their slots. {@link
 * RedisServer#restartEmpty()} makes a node forget the cluster, for good. A primary with a replica
 * that stays away for the node timeout is replaced by it, and follows it when it comes back; what
 * {@link RedisServer} says of replicas that it started itself does not hold for those.
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

  /** How many nodes a cluster has unless {@link RedisClusterBuilder#nodes} says otherwise: 3. */
  public static final int DEFAULT_NODES = 3;

  /**
   * How long a node may be silent before the others take it for failed unless {@code
   * cluster-node-timeout} is set otherwise: 2 seconds.
   */
  public static final Duration DEFAULT_NODE_TIMEOUT = Duration.ofSeconds(2);

  private final List<RedisServer> nodes;
  private final Duration startTimeout;

  RedisCluster(List<RedisServer> nodes, Duration startTimeout) {
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
  public static RedisClusterBuilder builder() {
    return new RedisClusterBuilder();
  }

  /**
   * The nodes, alive or not: first those that began as primaries, in the order in which they were
   * given their slots, then those that began as replicas, one of each primary in the same order,
   * then the second one of each.
   *
   * @return as many as were asked for
   */
  public List<RedisServer> nodes() {
    return nodes;
  }

  /**
   * The URLs of all nodes.
   *
   * @return for example {@code redis://127.0.0.1:20123}, one for each node, replicas too
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

  /**
   * The replicas of a node now, alive or not.
   *
   * @param primary one of {@link #nodes()}
   * @return those of {@link #nodes()} that follow it; none if it is a replica itself
   * @throws IllegalStateException when no node is alive
   */
  public List<RedisServer> replicasOf(RedisServer primary) {
    List<Integer> ports = Clustering.portsOfReplicas(anyAlive().endpoint(), primary.endpoint());
    return nodes.stream().filter(node -> ports.contains(node.port())).toList();
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
}
