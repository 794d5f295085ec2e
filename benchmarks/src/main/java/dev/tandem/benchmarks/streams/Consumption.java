package dev.tandem.benchmarks.streams;

import dev.tandem.tenant.GroupKeys;
import java.util.function.Consumer;

/** Consumes the stream of a {@link Bench} as a group with one library, until it is closed. */
interface Consumption extends AutoCloseable {
  /** Begins. */
  void start();

  /** How many messages it has acknowledged. */
  long acknowledged();

  @Override
  void close();

  /** Makes them. */
  interface Opener {
    /**
     * Opens one of a group that is there, with connections of its own where the library does not
     * share them.
     *
     * @param handler is given each payload
     */
    Consumption open(Bench bench, GroupKeys group, Consumer<byte[]> handler);
  }
}
