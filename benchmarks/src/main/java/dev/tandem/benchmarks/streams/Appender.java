package dev.tandem.benchmarks.streams;

/** Appends messages to the stream of a {@link Bench} with one library. */
interface Appender extends AutoCloseable {
  /** Appends so many, as fast as it can, and returns when all are stored. */
  void appendAll(int messages);

  /** Appends one and returns when it is stored. */
  void appendAndWait();

  /** Appends one with this payload; runs something when it is stored, and may wait until then. */
  void append(byte[] payload, Runnable stored);

  @Override
  void close();

  /** Makes appenders. */
  interface Opener {
    /** Opens one with connections of its own. */
    Appender open(Bench bench);
  }
}
