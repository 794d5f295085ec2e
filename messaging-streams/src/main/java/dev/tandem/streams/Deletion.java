package dev.tandem.streams;

/** How {@link StreamAdmin#deleteGroup} goes about what would be lost. */
public enum Deletion {
  /** Deletes nothing, and says what would be lost. */
  DRY_RUN,
  /** Deletes the group only if it has read and acknowledged everything. */
  IF_NOTHING_LOST,
  /** Deletes the group whatever it has still to do. */
  FORCED
}
