package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.log.HeadReads;
import dev.tandem.pubsub.internal.log.LogReader;
import dev.tandem.pubsub.internal.log.RecentFrames;
import java.util.function.LongSupplier;

/**
 * What the feeds of recoverable channels need of their bus.
 *
 * @param reader reads logs
 * @param heads reads where logs stand
 * @param recent remembers what was passed on
 * @param metrics its metrics
 * @param threads its threads
 * @param nanoTime monotonic time
 */
record FeedContext(
    LogReader reader,
    HeadReads heads,
    RecentFrames recent,
    BusMetrics metrics,
    BusThreads threads,
    LongSupplier nanoTime) {
  /** Of a bus that has passed nothing on. */
  static FeedContext of(
      LogReader reader, BusMetrics metrics, BusThreads threads, LongSupplier nanoTime) {
    return new FeedContext(
        reader, new HeadReads(reader), new RecentFrames(), metrics, threads, nanoTime);
  }
}
