package dev.tandem.hybrid;

import dev.tandem.api.internal.Require;
import dev.tandem.hybrid.internal.HybridSink;
import dev.tandem.hybrid.internal.Outgoing;
import dev.tandem.hybrid.internal.OutgoingFactory;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSender;
import dev.tandem.redis.batch.BatchSettings;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Names;
import java.security.SecureRandom;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Describes a {@link HybridPublisher}.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class HybridPublisherBuilder {
  private final RedisConnection redis;
  private BatchSettings batching = BatchSettings.DEFAULT;
  private RandomGenerator random = new SecureRandom();
  private @Nullable String instanceId;

  HybridPublisherBuilder(RedisConnection redis) {
    this.redis = Require.notNull("redis", redis);
  }

  /** How messages are gathered and how many may wait; {@link BatchSettings#DEFAULT} by default. */
  public HybridPublisherBuilder batching(BatchSettings batching) {
    this.batching = Require.notNull("batching", batching);
    return this;
  }

  /**
   * What live messages say they come from; give the bus's, so that {@code excludeOwn()} skips them
   * too. Random by default.
   */
  public HybridPublisherBuilder instanceId(String instanceId) {
    this.instanceId = Names.check("instanceId", instanceId);
    return this;
  }

  /** Where nonces come from; must be safe for use by many threads. Secure random by default. */
  public HybridPublisherBuilder random(RandomGenerator random) {
    this.random = Require.notNull("random", random);
    return this;
  }

  /** A publisher, ready for use, with its sending thread running. */
  public HybridPublisher build() {
    Nonces nonces = new Nonces(random);
    String instance = instanceId == null ? nonces.nextShort() : instanceId;
    HybridSink sink = new HybridSink(redis, nonces, instance);
    AtomicReference<@Nullable Thread> sending = new AtomicReference<>();
    ThreadFactory threads =
        task -> {
          Thread thread = new Thread(task, "tandem-hybrid-publisher");
          thread.setDaemon(true);
          sending.set(thread);
          return thread;
        };
    return new HybridPublisher(
        new OutgoingFactory(KeyLayout.of(redis)),
        sink,
        new BatchSender<>(
            "the hybrid publisher's buffer", batching, Outgoing::bytes, sink, threads),
        thread -> thread == sending.get());
  }
}
