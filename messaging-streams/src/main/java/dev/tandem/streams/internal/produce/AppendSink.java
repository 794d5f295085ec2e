package dev.tandem.streams.internal.produce;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSink;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.wire.Pipelines;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Appends a batch in one round trip and completes the futures. */
public final class AppendSink implements BatchSink<Outgoing> {
  private final RedisConnection redis;
  private final LongAdder sent = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder unknown = new LongAdder();
  private final Counter sentMetric;
  private final Counter failedMetric;
  private final Counter unknownMetric;
  private final Histogram batchSize;
  private final Timer batchTime;

  /** A sink over this connection. */
  public AppendSink(RedisConnection redis) {
    this.redis = redis;
    MetricRegistry metrics = redis.metrics();
    this.sentMetric = metrics.counter("tandem.streams.producer.sent");
    this.failedMetric = metrics.counter("tandem.streams.producer.failed");
    this.unknownMetric = metrics.counter("tandem.streams.producer.outcome-unknown");
    this.batchSize = metrics.histogram("tandem.streams.producer.batch-size");
    this.batchTime = metrics.timer("tandem.streams.producer.batch-time");
  }

  @Override
  public void send(List<Outgoing> batch) {
    List<Command> appends = new ArrayList<>(batch.size());
    for (Outgoing outgoing : batch) {
      appends.add(outgoing.append());
    }
    batchSize.update(batch.size());
    List<@Nullable Object> replies =
        batchTime.timeSupplier(() -> Pipelines.executeAll(redis, appends));
    for (int i = 0; i < batch.size(); i++) {
      settle(batch.get(i), replies.get(i));
    }
  }

  private void settle(Outgoing outgoing, @Nullable Object reply) {
    MessageId id;
    try {
      id = MessageId.of(Replies.text(reply));
    } catch (MessagingException e) {
      fail(outgoing, e);
      return;
    }
    sent.increment();
    sentMetric.inc();
    outgoing.result().complete(id);
  }

  @Override
  public void fail(Outgoing outgoing, MessagingException why) {
    boolean isUnknown = why.code() == ErrorCode.OUTCOME_UNKNOWN;
    (isUnknown ? unknown : failed).increment();
    (isUnknown ? unknownMetric : failedMetric).inc();
    outgoing.result().completeExceptionally(why);
  }

  /** Entries appended. */
  public long sent() {
    return sent.sum();
  }

  /** Entries not appended. */
  public long failed() {
    return failed.sum();
  }

  /** Entries whose reply was lost. */
  public long outcomeUnknown() {
    return unknown.sum();
  }
}
