package dev.tandem.streams.internal.group;

/**
 * What the parts of a member tell the whole. Called from any of their threads; never blocks long.
 */
public interface Standing {
  /** A round trip came back: the server is there. */
  void proven();

  /** The group of this stream does not exist (any more). */
  void groupMissing(GroupStream stream);

  /** Entries may be pending under our name that we do not hold. */
  void unaccounted(GroupStream stream);

  /** The member cannot go on, ever. */
  void fatal(Throwable error);
}
