package dev.tandem.streams;

import dev.tandem.api.internal.DaemonThreads;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSender;
import dev.tandem.redis.batch.BatchSettings;
import dev.tandem.streams.internal.produce.AppendSink;
import dev.tandem.streams.internal.produce.Memory;
import dev.tandem.streams.internal.produce.Outcomes;
import dev.tandem.streams.internal.produce.Outgoing;
import dev.tandem.streams.internal.produce.Patience;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.internal.quota.QuotaGate;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.random.RandomGenerator;

/**
 * Describes a {@link StreamProducer}.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class StreamProducerBuilder {
  /** How long an idempotent producer sends again unless said otherwise: 2 minutes. */
  public static final Duration DEFAULT_RETRY_FOR = Duration.ofMinutes(2);

  /** The longest that it may: an hour. */
  public static final Duration MOST_RETRY_FOR = Duration.ofHours(1);

  /** How long the server remembers an idempotent producer after its last call: 24 hours. */
  public static final Duration REMEMBERED_FOR = Memory.LIFE;

  private final RedisConnection redis;
  private BatchSettings batching = BatchSettings.DEFAULT;
  private boolean idempotent;
  private Duration retryFor = DEFAULT_RETRY_FOR;
  private WhenFull whenFull = WhenFull.refuse();
  private Clock clock = Clock.systemUTC();
  private RandomGenerator random = new SecureRandom();

  StreamProducerBuilder(RedisConnection redis) {
    this.redis = Require.notNull("redis", redis);
  }

  /**
   * How messages are gathered and how many may wait; {@link BatchSettings#DEFAULT} by default.
   * Behind a batch of 256 messages or more the next one may go without lingering, while the replies
   * are awaited.
   */
  public StreamProducerBuilder batching(BatchSettings batching) {
    this.batching = Require.notNull("batching", batching);
    return this;
  }

  /**
   * What was sent when a connection broke is sent again, and is in the stream once all the same.
   *
   * <p>Messages of one stream travel in numbered calls of up to 256 of them, at most two under way
   * at a time (one if the stream is {@linkplain StreamTopic#boundedTo bounded}), and the server
   * remembers the numbers and the ids of the producer's last two calls to each stream, under a key
   * of its own beside the stream (about 150 bytes, up to 12 KiB before Redis 7.0), for {@link
   * #REMEMBERED_FOR} after the call. It executes a call only if the one before it was executed or
   * given up, so that both are sent again in their order. A call that it has executed before is
   * answered with the same ids. The producer's identity is random and ends with it: after a restart
   * of the process nothing is known of the calls before.
   *
   * <p>The key must not be evicted: with a {@code maxmemory-policy} other than {@code noeviction} a
   * message may be appended twice, if the key was evicted between the loss of the very first
   * replies from a stream and the next try. Later the producer notices that the key is missing,
   * while the stream is still there, and fails with {@link
   * dev.tandem.api.error.OutcomeUnknownException}. When the stream is gone too (flushed, restored
   * from before), it is appended again.
   *
   * <p>The price: the server works about a third longer for each message (measured with payloads of
   * 200 bytes on Redis 7.0).
   */
  public StreamProducerBuilder idempotent() {
    this.idempotent = true;
    return this;
  }

  /**
   * How long an {@linkplain #idempotent idempotent} producer sends a message again, counted from
   * when its sending thread took it up; zero to {@link #MOST_RETRY_FOR}. Pauses double from 20 ms
   * to a second, with jitter. Afterwards, {@link dev.tandem.api.error.OutcomeUnknownException} if a
   * reply was ever lost, otherwise the error of the last try. Default {@link #DEFAULT_RETRY_FOR}.
   */
  public StreamProducerBuilder retryFor(Duration retryFor) {
    this.retryFor = Require.inRange("retryFor", retryFor, Duration.ZERO, MOST_RETRY_FOR);
    return this;
  }

  /**
   * What to do with a message for a stream that is at its {@linkplain StreamTopic#boundedTo bound};
   * by default {@link WhenFull#refuse}.
   */
  public StreamProducerBuilder whenFull(WhenFull whenFull) {
    this.whenFull = Require.notNull("whenFull", whenFull);
    return this;
  }

  /** The clock that {@link StreamProducer#health()} tells the time by; the system's by default. */
  public StreamProducerBuilder clock(Clock clock) {
    this.clock = Require.notNull("clock", clock);
    return this;
  }

  /**
   * Where the producer's identity and the jitter of its pauses come from. Two producers must not
   * get the same numbers: the server would take the calls of one for those of the other. Default: a
   * {@link SecureRandom}.
   */
  public StreamProducerBuilder random(RandomGenerator random) {
    this.random = Require.notNull("random", random);
    return this;
  }

  /** A producer, ready for use, with its sending thread running. */
  public StreamProducer build() {
    Outcomes outcomes =
        new Outcomes(
            redis.metrics(),
            clock,
            QuotaGate.of(redis, System::nanoTime, () -> Long.toHexString(random.nextLong())),
            redis.audit());
    Patience patience = new Patience(retryFor, whenFull.longestWait(), random);
    Memory memory = idempotent ? new Memory(random) : null;
    AppendSink sink = new AppendSink(redis, memory, patience, outcomes);
    ThreadFactory threads = DaemonThreads.named("tandem-producer");
    BatchSender<Outgoing> sender =
        new BatchSender<>(
            "the producer", batching, Outgoing::bytes, Outgoing::tenant, sink, threads);
    return new StreamProducer(KeyLayout.of(redis), outcomes, sender);
  }
}
