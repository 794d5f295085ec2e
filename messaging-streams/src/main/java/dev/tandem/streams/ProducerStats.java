package dev.tandem.streams;

import java.util.List;

/**
 * What a producer has done so far, altogether and for each stream.
 *
 * <p>Thread safety: immutable.
 *
 * @param sent messages appended, their ids handed to the callers
 * @param failed messages that were not appended
 * @param outcomeUnknown messages whose reply was lost: appended or not
 * @param resent times that a message was sent again, by an idempotent producer
 * @param waiting messages in the buffer now
 * @param streams one for each stream that something was sent to; only the first {@value
 *     #MOST_STREAMS} are told apart
 * @param batchTime from sending a batch to its last reply, over all producers of this process that
 *     share the connection
 */
public record ProducerStats(
    long sent,
    long failed,
    long outcomeUnknown,
    long resent,
    int waiting,
    List<ProducerStreamStats> streams,
    Latency batchTime) {
  /** The most streams that are told apart: {@value}. */
  public static final int MOST_STREAMS = 10_000;

  /** Copies the list. */
  public ProducerStats {
    streams = List.copyOf(streams);
  }
}
