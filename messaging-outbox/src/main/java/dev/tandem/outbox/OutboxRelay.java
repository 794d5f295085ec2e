package dev.tandem.outbox;

import dev.tandem.api.internal.DaemonThreads;
import dev.tandem.api.internal.Require;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleListener;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.outbox.internal.run.RelayLoop;
import dev.tandem.outbox.internal.run.RelayMetrics;
import dev.tandem.outbox.internal.run.RelaySettings;
import dev.tandem.outbox.internal.store.MessageTable.Backlog;
import dev.tandem.redis.RedisConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes what {@link Outbox} has saved: to a stream, to channels or to both in one step, as the
 * routes say. Any number of relays, in any number of processes, share the work.
 *
 * <p><b>Guarantee.</b> Each message whose transaction has committed is published once, and in the
 * {@linkplain Outbox order of its key}. Before a message is sent, the relay gives it a number in
 * the database; the server knows what it has executed by these numbers, so that whoever sends a
 * message again does not publish it again: this relay after a lost reply, another one after this
 * one was killed, or this one when it wakes up after others have long gone on. A message is deleted
 * from the database when Redis has it. What is kept in Redis for this is one key for each tenant
 * and share (16) of the outbox, a new one whenever the share has passed to another relay, of some
 * hundred bytes (before Redis 7.0 up to 10 KiB), for 7 days after its last message.
 *
 * <p><b>What ends it.</b> Redis loses after its reply what its persistence and replication allow:
 * deleted rows do not come back. When Redis lost everything ({@code FLUSHALL}), what was published
 * is lost, and what was under way is published into the empty server, once. When it loses (by
 * failing over to a replica that lags, or by {@code FLUSHALL}) that a relay has taken a share over,
 * and calls of the one before are still on their way, these are published twice. When keys are
 * evicted (a {@code maxmemory-policy} other than {@code noeviction}), or no relay ran for 7 days,
 * messages that were under way when the last one died may be published twice: at most 8 calls of up
 * to 64 messages for each tenant and share. When the database is restored from a copy, or fails
 * over to a replica that lags, what it contains is published again; receivers can tell by {@link
 * Outbox#ID_HEADER}.
 *
 * <p><b>When something is away.</b> While Redis or the database cannot be reached, or Redis does
 * not let the relay in (credentials, too many clients), the relay waits, and rows stay where they
 * are; the state is {@link LifecycleState#RECOVERING}. A relay that dies is replaced when its lease
 * has run out ({@link OutboxRelayBuilder#lease}).
 *
 * <p><b>What cannot be published</b> is set aside with its reason ({@link Outbox#failed}), and what
 * comes behind goes on without it: at once if the row itself is at fault (a route that the relay
 * does not know, a payload that became too large), after {@link OutboxRelayBuilder#retry} if the
 * server refuses it (wrong type, no permission, a stream at its bound). Meanwhile only messages of
 * the same tenant and share wait.
 *
 * <p>Times to live count from the publishing on. {@linkplain dev.tandem.pubsub.Channel#rateLimit
 * Rate limits} of channels and {@linkplain dev.tandem.tenant.quota.TenantQuotas quotas} of tenants
 * do not hold for relays: what is committed is not refused for these. The connection's {@linkplain
 * dev.tandem.api.audit.AuditHook audit hook} is told of what a relay finds published.
 *
 * <p><b>Limits.</b> A relay looks at up to {@link OutboxRelayBuilder#batchSize} messages and 8 MiB
 * at a time (the driver may fetch 32 messages beyond that), and has up to 128 lines (tenant and
 * share) of up to 512 KiB, or one message, in memory; if as many cannot be published to at the same
 * time, the others wait.
 *
 * <p>One daemon thread does the work, with one connection of the data source at a time; listeners
 * are called on it.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class OutboxRelay implements AutoCloseable {
  /** How long {@link #close()} lets what is under way be settled: 30 seconds. */
  public static final Duration DEFAULT_DRAIN = Duration.ofSeconds(30);

  /** The longest that {@link #close(Duration)} may be told to wait: one day. */
  public static final Duration LONGEST_WAIT = Duration.ofDays(1);

  private static final Logger LOG = LoggerFactory.getLogger(OutboxRelay.class);
  private static final Duration LONGEST_END = Duration.ofSeconds(30);

  private final Lifecycle lifecycle = new Lifecycle("outbox relay", LOG::warn);
  private final RelayMetrics metrics;
  private final RelayLoop loop;
  private final Thread thread;

  OutboxRelay(RelaySettings settings) {
    this.metrics = new RelayMetrics(settings.redis().metrics());
    this.loop = settings.loop(metrics, lifecycle);
    this.thread = DaemonThreads.named("tandem-outbox-relay").newThread(loop);
  }

  /**
   * A relay between these two, with everything that can be set.
   *
   * @param source gives connections to the database of the outbox; should have a socket timeout
   */
  public static OutboxRelayBuilder builder(RedisConnection redis, DataSource source) {
    return new OutboxRelayBuilder(redis, source);
  }

  /**
   * Begins to publish, whether Redis and the database can be reached or not.
   *
   * @throws IllegalStateException if it was started or closed before
   */
  public void start() {
    lifecycle.moveTo(LifecycleState.STARTING);
    thread.start();
  }

  /** Looks for messages at once; worth a call after a commit in the same process. */
  public void wake() {
    loop.wake();
  }

  /** The present state: RUNNING once the database has answered. */
  public LifecycleState state() {
    return lifecycle.state();
  }

  /**
   * How it is doing: UP while it runs; DEGRADED while messages wait for Redis or the database, or
   * for a server that refuses them; DOWN before the start and after the end. What is set aside is
   * told by {@link #stats()}.
   */
  public Health health() {
    LifecycleState state = lifecycle.state();
    Instant proof = loop.lastProof();
    String detail = "outbox relay is " + state + loop.trouble();
    return switch (state) {
      case RUNNING -> new Health(Health.Status.UP, detail, proof);
      case CREATED, STOPPED, FAILED -> new Health(Health.Status.DOWN, detail, proof);
      default -> new Health(Health.Status.DEGRADED, detail, proof);
    };
  }

  /** What it has done so far, and what it saw. */
  public OutboxStats stats() {
    Backlog backlog = metrics.backlog();
    return new OutboxStats(
        metrics.published(),
        metrics.resent(),
        metrics.failed(),
        loop.open(),
        metrics.partitions(),
        backlog.waiting(),
        backlog.failed(),
        backlog.oldestAge());
  }

  /** Tells of changes of {@link #state()} from now on. */
  public void addListener(LifecycleListener listener) {
    lifecycle.addListener(listener);
  }

  /**
   * Takes no more messages, settles what is under way for up to {@code drain}, and hands its share
   * over. Repeated calls do nothing more.
   *
   * @param drain zero to {@link #LONGEST_WAIT}
   * @return whether the relay has ended
   */
  public boolean close(Duration drain) {
    Require.inRange("drain", drain, Duration.ZERO, LONGEST_WAIT);
    loop.drain(drain);
    if (lifecycle.tryMoveTo(LifecycleState.DRAINING)) {
      join(drain.plus(LONGEST_END));
    }
    lifecycle.tryMoveTo(LifecycleState.STOPPED);
    metrics.leave();
    return !thread.isAlive();
  }

  /** Like {@link #close(Duration)} with {@link #DEFAULT_DRAIN}. */
  @Override
  public void close() {
    close(DEFAULT_DRAIN);
  }

  private void join(Duration longest) {
    if (thread == Thread.currentThread()) {
      return;
    }
    try {
      thread.join(TimeUnit.NANOSECONDS.toMillis(longest.toNanos()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
