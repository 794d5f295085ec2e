package dev.tandem.hybrid;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.internal.DaemonThreads;
import dev.tandem.api.internal.Require;
import dev.tandem.hybrid.internal.send.Admission;
import dev.tandem.hybrid.internal.send.Calls;
import dev.tandem.hybrid.internal.send.HybridSink;
import dev.tandem.hybrid.internal.send.Outcomes;
import dev.tandem.hybrid.internal.send.Outgoing;
import dev.tandem.hybrid.internal.send.OutgoingFactory;
import dev.tandem.hybrid.internal.send.Patience;
import dev.tandem.hybrid.internal.send.SendingThread;
import dev.tandem.hybrid.internal.spool.Replayer;
import dev.tandem.hybrid.internal.spool.SpoolReplay;
import dev.tandem.hybrid.internal.spool.SpoolReports;
import dev.tandem.hybrid.internal.spool.SpoolStore;
import dev.tandem.hybrid.internal.wire.HybridScript;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSender;
import dev.tandem.redis.batch.BatchSettings;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Names;
import dev.tandem.tenant.internal.quota.QuotaGate;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Describes a {@link HybridPublisher}.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class HybridPublisherBuilder {
  /**
   * How often an idempotent publisher sends unless said otherwise: 3 times, from 100 ms, doubling.
   */
  public static final RetryPolicy DEFAULT_PUBLISH_RETRY =
      RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(2)).maxDeliveries(3);

  /** How long the server remembers an idempotent publisher after its last call: 24 hours. */
  public static final Duration REMEMBERED_FOR = Duration.ofHours(24);

  /** How long it does so for a publisher with a spool: 7 days. */
  public static final Duration SPOOL_REMEMBERED_FOR = Duration.ofDays(7);

  private final RedisConnection redis;
  private BatchSettings batching = BatchSettings.DEFAULT;
  private boolean idempotent;
  private RetryPolicy publishRetry = DEFAULT_PUBLISH_RETRY;
  private OutagePolicy outage = OutagePolicy.failFast();
  private Clock clock = Clock.systemUTC();
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
   * What was sent when a connection broke is sent again, and is published once all the same.
   *
   * <p>Messages of one tenant travel in numbered calls, at most 16 under way at a time, and the
   * server remembers the numbers and receipts of those whose replies the publisher did not have, at
   * most 16, under a key of the tenant's (about 100 bytes for each, up to 1.5 KiB before Redis 7.0)
   * for {@link #REMEMBERED_FOR} after the call. It executes a call only if the one before it was
   * executed or given up, so that all are sent again in their order. A call that it has executed
   * before is answered with the same receipts. The publisher's identity is random and ends with it,
   * but for what it spooled, which keeps it.
   *
   * <p>The key must not be evicted: with a {@code maxmemory-policy} other than {@code noeviction} a
   * message may be published twice if the key was evicted between the loss of the very first
   * replies for a tenant and the next try. Later the publisher notices that the key is missing,
   * while what it has written is there, and fails with {@link
   * dev.tandem.api.error.OutcomeUnknownException}. When that is gone too (flushed, restored from
   * before), it is published again.
   */
  public HybridPublisherBuilder idempotent() {
    this.idempotent = true;
    return this;
  }

  /**
   * How often an {@linkplain #idempotent idempotent} publisher sends a message until it gets
   * through, the first time included; a policy's delivery is such a try, which the connection may
   * have repeated by itself where nothing was executed. An open circuit breaker ends it at once.
   * With a {@link OutagePolicy#spool spool} there are no further tries after a second. The policy's
   * classifier is asked on the sending thread. Default {@link #DEFAULT_PUBLISH_RETRY}.
   */
  public HybridPublisherBuilder publishRetry(RetryPolicy policy) {
    this.publishRetry = Require.notNull("publishRetry", policy);
    return this;
  }

  /** What to do while Redis is away; {@link OutagePolicy#failFast} by default. */
  public HybridPublisherBuilder outage(OutagePolicy policy) {
    this.outage = Require.notNull("outage policy", policy);
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

  /**
   * The clock by which the spool tells how long messages wait, and {@link HybridPublisher#health()}
   * when one got through last; the system's by default.
   */
  public HybridPublisherBuilder clock(Clock clock) {
    this.clock = Require.notNull("clock", clock);
    return this;
  }

  /**
   * Where ids, nonces, the publisher's identity and the jitter of pauses come from; must be safe
   * for use by many threads. Two publishers must not get the same numbers: the server would take
   * the calls of one for those of the other; and nobody whose messages are spooled may foresee
   * them: by them the spool tells its records from what is in a message. Secure random by default.
   */
  public HybridPublisherBuilder random(RandomGenerator random) {
    this.random = Require.notNull("random", random);
    return this;
  }

  /**
   * A publisher, ready for use, with its sending thread running, and one more that empties the
   * spool if there is one.
   *
   * @throws dev.tandem.api.error.StorageException if the spool's directory cannot be used, or
   *     another publisher, of this process or another, uses it
   */
  public HybridPublisher build() {
    Nonces nonces = new Nonces(random);
    Spool spool = outage.spool();
    boolean remembered = idempotent || spool != null || !outage.blockFor().isZero();
    Duration life = remembered ? REMEMBERED_FOR : Duration.ZERO;
    HybridScript script = new HybridScript(KeyLayout.of(redis), nonces);
    QuotaGate gate = QuotaGate.of(redis, System::nanoTime, nonces::next);
    Admission admission = gate == null ? null : new Admission(gate, KeyLayout.of(redis));
    Outcomes outcomes = new Outcomes(redis.metrics(), clock, admission, redis.audit());
    SpoolReports reports = null;
    SpoolStore store = null;
    if (spool != null) {
      life = SPOOL_REMEMBERED_FOR;
      reports = new SpoolReports(spool.listener(), redis.metrics());
      store = SpoolStore.open(spool, !redis.isCluster(), clock, random, reports);
    }
    HybridSink sink =
        new HybridSink(
            redis,
            script,
            new Calls(instanceId == null ? nonces.nextShort() : instanceId, nonces, remembered),
            life,
            new Patience(publishRetry, outage.blockFor(), spool != null, random),
            store,
            outcomes);
    SendingThread thread = new SendingThread();
    BatchSender<Outgoing> sender =
        new BatchSender<>(
            "the hybrid publisher's buffer",
            settings(),
            Outgoing::bytes,
            outgoing -> outgoing.destination().tenant(),
            sink,
            thread);
    OutgoingFactory outgoing = new OutgoingFactory(nonces.nextShort());
    if (store == null || reports == null) {
      return new HybridPublisher(outgoing, outcomes, sender, thread, null);
    }
    Replayer replayer =
        new Replayer(
            redis,
            script,
            life,
            store,
            reports,
            outcomes,
            random,
            DaemonThreads.named("tandem-hybrid-replay"));
    return new HybridPublisher(
        outgoing, outcomes, sender, thread, new SpoolReplay(store, replayer));
  }

  private BatchSettings settings() {
    Duration longest = outage.blockFor();
    return batching.maxWait().compareTo(longest) >= 0
        ? batching
        : batching.buffer(batching.bufferEntries(), batching.bufferBytes(), longest);
  }
}
