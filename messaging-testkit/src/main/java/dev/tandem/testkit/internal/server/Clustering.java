package dev.tandem.testkit.internal.server;

import dev.tandem.testkit.internal.resp.Endpoint;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The cluster commands, and waiting for what they start. */
public final class Clustering {

  /** How many slots every cluster has. */
  public static final int SLOTS = 16_384;

  private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(10);

  private Clustering() {}

  /** Gives each of these empty nodes its share of the slots and makes them one cluster. */
  public static void form(List<Endpoint> nodes, Duration timeout) {
    int count = nodes.size();
    for (int i = 0; i < count; i++) {
      run(nodes.get(i), addSlots(SLOTS * i / count, SLOTS * (i + 1) / count));
      // Nodes that all begin with the same epoch settle it in time; apart at once is quicker.
      run(nodes.get(i), "CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
    }
    Endpoint first = nodes.get(0);
    for (Endpoint other : nodes.subList(1, count)) {
      meet(first, other);
    }
    awaitWhole(nodes, timeout);
  }

  private static String[] addSlots(int from, int to) {
    String[] command = new String[2 + to - from];
    command[0] = "CLUSTER";
    command[1] = "ADDSLOTS";
    for (int slot = from; slot < to; slot++) {
      command[2 + slot - from] = Integer.toString(slot);
    }
    return command;
  }

  /**
   * Makes these empty nodes replicas of the primaries in turn, and waits until each has what its
   * primary has and all nodes know whose replica it is.
   */
  public static void replicate(
      List<Endpoint> primaries, List<Endpoint> replicas, Duration timeout) {
    List<Endpoint> all = new ArrayList<>(primaries);
    for (Endpoint replica : replicas) {
      all.add(replica);
      meet(primaries.get(0), replica);
    }
    awaitWhole(all, timeout);
    for (int i = 0; i < replicas.size(); i++) {
      run(replicas.get(i), "CLUSTER", "REPLICATE", id(primaries.get(i % primaries.size())));
    }
    for (int i = 0; i < replicas.size(); i++) {
      Endpoint primary = primaries.get(i % primaries.size());
      Replication.awaitInSync(replicas.get(i), primary, timeout);
      awaitKnownAsReplica(replicas.get(i), primary, all, timeout);
    }
  }

  private static void awaitKnownAsReplica(
      Endpoint replica, Endpoint primary, List<Endpoint> nodes, Duration timeout) {
    for (Endpoint node : nodes) {
      if (!Waiting.until(timeout, () -> portsOfReplicas(node, primary).contains(replica.port()))) {
        throw new IllegalStateException(
            node + " does not know " + replica + " as replica of " + primary + " after " + timeout);
      }
    }
  }

  private static void meet(Endpoint node, Endpoint other) {
    run(node, "CLUSTER", "MEET", other.host(), Integer.toString(other.port()));
  }

  /** The ports of the nodes that follow this one as far as another one knows. */
  public static List<Integer> portsOfReplicas(Endpoint asked, Endpoint primary) {
    List<String[]> nodes =
        run(asked, "CLUSTER", "NODES").lines().map(line -> line.split(" ", -1)).toList();
    String id =
        nodes.stream()
            .filter(node -> port(node) == primary.port())
            .map(node -> node[0])
            .findFirst()
            .orElseThrow(() -> new IllegalStateException(asked + " does not know " + primary));
    return nodes.stream().filter(node -> node[3].equals(id)).map(Clustering::port).toList();
  }

  /** Of a line like {@code id 127.0.0.1:7000@17000 flags primary …}. */
  private static int port(String[] node) {
    String address = node[1];
    return Integer.parseInt(address.substring(address.indexOf(':') + 1, address.indexOf('@')));
  }

  /** Waits until each node knows all the others and finds all slots served. */
  public static void awaitWhole(List<Endpoint> nodes, Duration timeout) {
    for (Endpoint node : nodes) {
      if (!Waiting.until(timeout, () -> findsItWhole(node, nodes.size()))) {
        throw new IllegalStateException(
            "the cluster of "
                + nodes.size()
                + " nodes is not whole after "
                + timeout
                + "; "
                + node
                + " says:\n"
                + run(node, "CLUSTER", "INFO"));
      }
    }
  }

  private static boolean findsItWhole(Endpoint node, int nodes) {
    try {
      List<String> info = run(node, "CLUSTER", "INFO").lines().toList();
      return info.contains("cluster_state:ok")
          && info.contains("cluster_known_nodes:" + nodes)
          && info.contains("cluster_slots_ok:" + SLOTS)
          && !run(node, "CLUSTER", "NODES").contains("handshake");
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  /** The name by which nodes know this one. */
  public static String id(Endpoint node) {
    return run(node, "CLUSTER", "MYID");
  }

  /** The slot of a key, as the server computes it. */
  public static int slotOf(Endpoint node, String key) {
    return Integer.parseInt(run(node, "CLUSTER", "KEYSLOT", key));
  }

  /** The port of the node that serves the slot as far as this one knows; 0 if none does. */
  public static int portOf(Endpoint node, int slot) {
    for (Object range : list(Probe.execute(node, COMMAND_TIMEOUT, "CLUSTER", "SLOTS"))) {
      List<?> parts = list(range);
      if (number(parts.get(0)) <= slot && slot <= number(parts.get(1))) {
        return (int) number(list(parts.get(2)).get(1));
      }
    }
    return 0;
  }

  private static List<?> list(@Nullable Object reply) {
    return (List<?>) Objects.requireNonNull(reply);
  }

  private static long number(@Nullable Object reply) {
    return (Long) Objects.requireNonNull(reply);
  }

  private static String run(Endpoint node, String... command) {
    return String.valueOf(Probe.execute(node, COMMAND_TIMEOUT, command));
  }
}
