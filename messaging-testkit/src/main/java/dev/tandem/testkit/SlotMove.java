package dev.tandem.testkit;

import dev.tandem.testkit.internal.server.Clustering;
import java.util.List;
import java.util.Objects;

/**
 * A slot on its way from one node of a {@link RedisCluster} to another. Made by {@link
 * RedisCluster#beginMove}.
 *
 * <p>Thread safety: not safe for use by several threads at once.
 */
public final class SlotMove {

  private static final String MIGRATE_MILLIS = "10000";
  private static final int PAGE = 100;

  private final List<RedisServer> nodes;
  private final int slot;
  private final RedisServer from;
  private final RedisServer to;
  private boolean finished;

  private SlotMove(List<RedisServer> nodes, int slot, RedisServer from, RedisServer to) {
    this.nodes = nodes;
    this.slot = slot;
    this.from = from;
    this.to = to;
  }

  static SlotMove begin(List<RedisServer> nodes, int slot, RedisServer from, RedisServer to) {
    SlotMove move = new SlotMove(nodes, slot, from, to);
    to.execute("CLUSTER", "SETSLOT", move.slotText(), "IMPORTING", Clustering.id(from.endpoint()));
    from.execute("CLUSTER", "SETSLOT", move.slotText(), "MIGRATING", Clustering.id(to.endpoint()));
    return move;
  }

  private String slotText() {
    return Integer.toString(slot);
  }

  /**
   * Moves some keys of the slot, one at a time. Clients that want a moved key are told {@code ASK};
   * those that then want several of the new node, of which some have not come yet, {@code
   * TRYAGAIN}.
   *
   * @param most the most keys to move, one or more
   * @return how many were moved; 0 when none is left
   * @throws IllegalArgumentException when less than one is asked for
   * @throws IllegalStateException when the move is finished
   */
  public int moveKeys(int most) {
    if (most < 1) {
      throw new IllegalArgumentException("most " + most + " is refused: one or more");
    }
    checkUnfinished();
    String limit = Integer.toString(Math.min(most, PAGE));
    Object keys = from.execute("CLUSTER", "GETKEYSINSLOT", slotText(), limit);
    List<?> page = (List<?>) Objects.requireNonNull(keys);
    String port = Integer.toString(to.port());
    for (Object key : page) {
      from.execute("MIGRATE", to.host(), port, String.valueOf(key), "0", MIGRATE_MILLIS);
    }
    boolean more = page.size() == PAGE && most > PAGE;
    return page.size() + (more ? moveKeys(most - PAGE) : 0);
  }

  /**
   * Moves what keys are left and tells all nodes: clients that ask the former one are told {@code
   * MOVED} from now on.
   *
   * @throws IllegalStateException when the move is finished
   */
  public void finish() {
    checkUnfinished();
    while (moveKeys(PAGE) > 0) {
      // Keys are made while others move only where a client follows ASK, and then on the new node.
    }
    finished = true;
    String owner = Clustering.id(to.endpoint());
    to.execute("CLUSTER", "SETSLOT", slotText(), "NODE", owner);
    from.execute("CLUSTER", "SETSLOT", slotText(), "NODE", owner);
    for (RedisServer other : nodes) {
      if (other != to && other != from && other.alive() && isPrimary(other)) {
        other.execute("CLUSTER", "SETSLOT", slotText(), "NODE", owner);
      }
    }
  }

  private static boolean isPrimary(RedisServer node) {
    return ((List<?>) Objects.requireNonNull(node.execute("ROLE"))).contains("master");
  }

  private void checkUnfinished() {
    if (finished) {
      throw new IllegalStateException("the move of slot " + slot + " is finished");
    }
  }

  /** Says what moves where. */
  @Override
  public String toString() {
    return "SlotMove[slot " + slot + " from " + from.endpoint() + " to " + to.endpoint() + "]";
  }
}
