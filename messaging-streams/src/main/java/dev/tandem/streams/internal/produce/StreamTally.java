package dev.tandem.streams.internal.produce;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.streams.ProducerStreamStats;
import dev.tandem.tenant.Tenant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What became of the messages for one stream.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class StreamTally {
  private static final long FRESH_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** Why a try did not succeed, and when. */
  record Trouble(MessagingException why, long nanos) {
    boolean isFresh(long nowNanos) {
      return nowNanos - nanos < FRESH_NANOS;
    }

    /** Whether it is the server that does not answer, and not this stream that is refused. */
    boolean isAbsence() {
      return switch (why.code()) {
        case UNAVAILABLE, CIRCUIT_OPEN, OUTCOME_UNKNOWN -> true;
        default -> false;
      };
    }
  }

  private final Tenant tenant;
  private final String topic;
  private final LongAdder sent = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder unknown = new LongAdder();
  private volatile @Nullable Trouble trouble;

  StreamTally(Tenant tenant, String topic) {
    this.tenant = tenant;
    this.topic = topic;
  }

  void appended(int count) {
    sent.add(count);
    if (trouble != null) {
      trouble = null;
    }
  }

  void failed(MessagingException why) {
    (why.code() == ErrorCode.OUTCOME_UNKNOWN ? unknown : failed).increment();
    troubled(why);
  }

  /** A try failed that is not the last. */
  void troubled(MessagingException why) {
    if (why.code() != ErrorCode.CLOSED) {
      trouble = new Trouble(why, System.nanoTime());
    }
  }

  /** What went wrong lately and not right since, or null. */
  @Nullable Trouble trouble(long nowNanos) {
    Trouble last = trouble;
    return last != null && last.isFresh(nowNanos) ? last : null;
  }

  ProducerStreamStats stats(long nowNanos) {
    Trouble last = trouble(nowNanos);
    return new ProducerStreamStats(
        tenant,
        topic,
        sent.sum(),
        failed.sum(),
        unknown.sum(),
        last == null ? "" : String.valueOf(last.why().getMessage()));
  }

  @Override
  public String toString() {
    return "topic " + topic + " of tenant " + tenant.name();
  }
}
