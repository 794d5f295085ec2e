package dev.tandem.benchmarks.streams;

import dev.tandem.tenant.GroupKeys;
import java.util.List;

/**
 * Reads as one consumer of a group, in one library.
 *
 * @param <E> what the library makes of an entry
 */
interface GroupReader<E> extends AutoCloseable {
  /** The most entries of one read. */
  int BATCH = 500;

  /** How long a read waits where there is nothing. */
  int BLOCK_MILLIS = 100;

  /** The name of the consumer. */
  String CONSUMER = "loop";

  /** Entries that nobody in the group was given; none if there is nothing for a while. */
  List<E> read();

  byte[] payload(E entry);

  /** Acknowledges them in one go; how many were pending. */
  long acknowledge(List<E> entries);

  @Override
  void close();

  /** Makes readers. */
  interface Opener<E> {
    /** Opens one with a connection of its own. */
    GroupReader<E> open(Bench bench, GroupKeys group);
  }
}
