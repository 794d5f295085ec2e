package dev.tandem.streams;

import dev.tandem.api.internal.DaemonThreads;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSender;
import dev.tandem.redis.batch.BatchSettings;
import dev.tandem.streams.internal.produce.AppendSink;
import dev.tandem.streams.internal.produce.Outgoing;
import dev.tandem.tenant.KeyLayout;
import java.util.concurrent.ThreadFactory;

/**
 * Describes a {@link StreamProducer}.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class StreamProducerBuilder {
  private final RedisConnection redis;
  private BatchSettings batching = BatchSettings.DEFAULT;

  StreamProducerBuilder(RedisConnection redis) {
    this.redis = Require.notNull("redis", redis);
  }

  /** How messages are gathered and how many may wait; {@link BatchSettings#DEFAULT} by default. */
  public StreamProducerBuilder batching(BatchSettings batching) {
    this.batching = Require.notNull("batching", batching);
    return this;
  }

  /** A producer, ready for use, with its sending thread running. */
  public StreamProducer build() {
    AppendSink sink = new AppendSink(redis);
    ThreadFactory threads = DaemonThreads.named("tandem-producer");
    BatchSender<Outgoing> sender =
        new BatchSender<>("the producer's buffer", batching, Outgoing::bytes, sink, threads);
    return new StreamProducer(KeyLayout.of(redis), sink, sender);
  }
}
