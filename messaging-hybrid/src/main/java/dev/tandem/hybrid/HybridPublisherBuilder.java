package dev.tandem.hybrid;

import dev.tandem.api.internal.Require;
import dev.tandem.hybrid.internal.HybridSink;
import dev.tandem.hybrid.internal.Outgoing;
import dev.tandem.hybrid.internal.OutgoingFactory;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSender;
import dev.tandem.redis.batch.BatchSettings;
import dev.tandem.tenant.KeyLayout;
import java.util.concurrent.ThreadFactory;

/**
 * Describes a {@link HybridPublisher}.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class HybridPublisherBuilder {
  private final RedisConnection redis;
  private BatchSettings batching = BatchSettings.DEFAULT;

  HybridPublisherBuilder(RedisConnection redis) {
    this.redis = Require.notNull("redis", redis);
  }

  /** How messages are gathered and how many may wait; {@link BatchSettings#DEFAULT} by default. */
  public HybridPublisherBuilder batching(BatchSettings batching) {
    this.batching = Require.notNull("batching", batching);
    return this;
  }

  /** A publisher, ready for use, with its sending thread running. */
  public HybridPublisher build() {
    HybridSink sink = new HybridSink(redis);
    ThreadFactory threads =
        task -> {
          Thread thread = new Thread(task, "tandem-hybrid-publisher");
          thread.setDaemon(true);
          return thread;
        };
    return new HybridPublisher(
        new OutgoingFactory(KeyLayout.of(redis)),
        sink,
        new BatchSender<>("the hybrid publisher's buffer", batching, Outgoing::bytes, sink, threads));
  }
}
