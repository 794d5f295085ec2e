package dev.tandem.streams;

/** Where a message stands in a group. */
public enum MessageState {
  /** The group has not come to it yet. */
  NOT_READ,
  /** A consumer has it. Whether its lease has lapsed depends on the workers' lease time. */
  LEASED,
  /** It was handed back, and any worker takes it next. */
  RELEASED,
  /**
   * It was held when the group was lost, and nobody knows by whom: whoever holds it takes it back;
   * otherwise it is taken over after a lease time, like what a dead consumer leaves behind.
   */
  ORPHANED,
  /** It failed, and waits until it is due again. */
  WAITING,
  /**
   * The group has passed it, and it is neither pending nor a dead letter nor a replay. Most likely
   * acknowledged; but also what a group skips because it was created, or set, to begin after it,
   * and what became of a dead letter that was discarded. The server keeps no trace of which.
   */
  ACKNOWLEDGED,
  /** It is among the group's dead letters. */
  DEAD_LETTERED,
  /**
   * It was among the group's dead letters and is replayed to the group, which has not taken it yet.
   */
  REPLAYED,
  /** Its data was removed before the group had acknowledged it. */
  LOST,
  /**
   * The group has passed it, but there are too many dead letters, or replays, to look through them
   * all.
   */
  UNKNOWN
}
