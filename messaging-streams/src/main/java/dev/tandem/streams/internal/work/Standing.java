package dev.tandem.streams.internal.work;

/**
 * What the parts of a worker tell the whole. Called from any of their threads; never blocks long.
 */
interface Standing {
  /** A round trip came back: the server is there. */
  void proven();

  /** A reader is at work. */
  void working(Reader reader);

  /** A reader met an error and tries again. */
  void troubled(Reader reader, Throwable error);

  /** The group of this stream does not exist (any more). */
  void groupMissing(GroupStream stream);

  /** Entries may be pending under our name that we do not hold. */
  void unaccounted(GroupStream stream);

  /** The worker cannot go on, ever. */
  void fatal(Throwable error);
}
