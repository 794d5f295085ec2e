package dev.tandem.streams;

import java.util.List;
import java.util.Objects;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a worker has done so far, altogether and for each of its streams, and what its group still
 * has to do. Asks the server nothing: it is what the worker has counted and seen.
 *
 * <p>Thread safety: immutable.
 *
 * <p>Counts since the worker was built; those of the metrics go on over all workers that share a
 * connection.
 *
 * @param inFlight deliveries held now: buffered, running, or finished and not settled yet
 * @param stuck handlers that run although their time is up; each takes up one of the worker's
 *     concurrency
 * @param stopped streams in {@link Ordering#STRICT} order that stand still at a message which
 *     failed
 * @param streams one for each topic and tenant
 * @param latencies one for each topic
 */
public record WorkerStats(
    int inFlight, int stuck, int stopped, List<StreamStats> streams, List<TopicLatency> latencies) {
  /** Copies the lists. */
  public WorkerStats {
    streams = List.copyOf(streams);
    latencies = List.copyOf(latencies);
  }

  /** Deliveries whose handler returned. */
  public long handled() {
    return sum(StreamStats::handled);
  }

  /**
   * Deliveries whose handler threw or took too long, or whose message could not be read or had
   * expired.
   */
  public long failed() {
    return sum(StreamStats::failed);
  }

  /** Failed deliveries that were put back to be delivered again. */
  public long retried() {
    return sum(StreamStats::retried);
  }

  /** Messages this worker moved to the dead letters, whatever the reason. */
  public long deadLettered() {
    return sum(StreamStats::deadLettered);
  }

  /** Deliveries taken that were not the message's first. */
  public long redelivered() {
    return sum(StreamStats::redelivered);
  }

  /** Deliveries claimed from another consumer whose lease had run out. */
  public long takenOver() {
    return sum(StreamStats::takenOver);
  }

  /**
   * Messages found pending whose data was gone from the stream; each is also {@linkplain
   * #deadLettered dead-lettered}.
   */
  public long lost() {
    return sum(StreamStats::lost);
  }

  /** Deliveries held here that another consumer took before they were finished. */
  public long leasesLost() {
    return sum(StreamStats::leasesLost);
  }

  /** Messages acknowledged. */
  public long acknowledged() {
    return sum(StreamStats::acknowledged);
  }

  /** Finished deliveries that the server has refused to settle, and that are tried again. */
  public long unsettled() {
    return sum(StreamStats::unsettled);
  }

  /** What the group still has to do in those streams that were seen lately; null if none was. */
  public @Nullable Backlog backlog() {
    return streams.stream()
        .map(StreamStats::backlog)
        .filter(Objects::nonNull)
        .reduce(Backlog::plus)
        .orElse(null);
  }

  private long sum(ToLongFunction<StreamStats> which) {
    return streams.stream().mapToLong(which).sum();
  }
}
