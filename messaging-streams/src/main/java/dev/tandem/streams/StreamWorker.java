package dev.tandem.streams;

import dev.tandem.api.internal.Require;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleListener;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.internal.work.WorkerCore;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Handles the messages of a topic, or of several, on behalf of a consumer group, together with
 * every other worker of that group in this and other processes.
 *
 * <p><b>Guarantee.</b> Every message that is published is, for the group, at any moment one of: not
 * yet read, leased to one worker, waiting for its retry, handled and acknowledged, among the {@link
 * DeadLetters}, or reported lost (its data was removed from the stream before it was handled; such
 * a message is among the dead letters too). Handlers run at least once; more than once only after a
 * failure, and then {@link Delivery#isRedelivery()} says so, unless the group itself was lost.
 *
 * <p><b>Leases.</b> A worker renews what it holds every third of the lease time, at least every 10
 * seconds. When it dies, the others take over what it held after the lease time, or up to 6 seconds
 * later where a worker has many streams or a long lease, if they have room for it; the delivery
 * count grows, so that a message that kills its workers ends among the dead letters too.
 *
 * <p><b>Many streams.</b> A worker looks at its groups to find what others let lapse. A quiet one,
 * in which nobody else holds anything and nothing waits for a retry, is looked at every 5 seconds
 * or so, with more than 500 streams every 10 milliseconds for each of them: every 10 seconds with a
 * thousand, every 100 seconds with ten thousand or more. Up to that long after another worker read
 * a message, or made it wait for a retry, nobody but that worker knows of it; should it die
 * meanwhile, the message is taken over, or its retry begins, then at the earliest. Reading, a
 * worker's own retries, and scheduled messages do not wait for a look.
 *
 * <p><b>Tenants</b> may be {@linkplain #add added} and {@linkplain #remove removed} while it runs,
 * or {@linkplain StreamWorkerBuilder#discoverTenants discovered}. They take turns: of those that
 * wait, each has one handler called before any has a second, and a quarter of what is read ahead is
 * kept for those that have little waiting. So a tenant with a million messages delays one with ten
 * by one handler for each of these, not by a million; {@link StreamWorkerBuilder#inFlightPerTenant}
 * keeps slow handlers of one tenant from taking all places. A stream that cannot be read (a key of
 * another type, no permission) is set aside, tried again every few seconds, and shown by {@link
 * StreamStats#isRead()}; the others go on.
 *
 * <p>The first message of an idle tenant is seen at once among up to 64 streams; beyond them at
 * once if nothing else came lately, and otherwise within 0.1 milliseconds for each stream: a second
 * with ten thousand. On a Cluster it is at once for the first 16 streams, and beyond them within 1
 * millisecond for each, at least 200.
 *
 * <p><b>Retries</b> wait in Redis, not in this process: they survive every worker, hold up nobody,
 * and concern this group only. (With an order they wait in the worker, and hold up what comes after
 * them.)
 *
 * <p><b>Order.</b> None unless asked for; see {@link Ordering}.
 *
 * <p><b>Trouble.</b> No error of a handler, of a payload, or of the connection ends a worker. While
 * the server is away it is {@link LifecycleState#RECOVERING} and tries again for ever; a group or
 * stream that disappears is made again where the group stood. What was pending then comes back, as
 * long as one worker of the group lives: what it holds itself as if nothing had been; what others
 * may have held after a lease time, as a redelivery, unless they claim it. What they had
 * acknowledged in the last seconds may come twice in this case.
 *
 * <p>What the server refuses to settle, as when one tenant's dead letters cannot be written, stays
 * leased and is tried again for ever. A stream with about 1,024 such messages is not read until
 * half of them are settled, and the others go on; with 16,384 of them in all, none is read.
 *
 * <p><b>Replays.</b> Dead letters that are replayed come to this group only, with the id that they
 * were published with, as redeliveries; within 6 seconds, or when a worker of many streams next
 * looks.
 *
 * <p><b>Housekeeping.</b> A worker appends the scheduled messages of its topics ({@link
 * StreamScheduler}) and trims its streams by the policy of their topic ({@link
 * StreamTopic#trimming}), whatever its group: every 10 seconds or so, one process at a time, while
 * the stream changes. Dead letters it deletes only if told so ({@link
 * StreamWorkerBuilder#deadLetterRetention}).
 *
 * <p><b>Threads.</b> A worker has up to six daemon threads of its own (one more with an order, one
 * more with a handler timeout or batches, one more with an executor that is given, one more while
 * tenants are discovered, one more once one was removed, up to 16 readers more on a Cluster), named
 * {@code tandem-worker-<group>-…}, and as many as its concurrency for handlers, unless an executor
 * is given.
 *
 * <p><b>Connections.</b> Up to two of its own beside those of the pool, one that reads and one that
 * renews leases, however many tenants there are; on a Cluster up to 16 of each, one for a stream or
 * slot.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class StreamWorker implements AutoCloseable {
  private final WorkerCore core;

  StreamWorker(WorkerCore core) {
    this.core = core;
  }

  /** A worker for this topic, with everything that can be set. */
  public static <T> StreamWorkerBuilder<T> builder(RedisConnection redis, StreamTopic<T> topic) {
    return new StreamWorkerBuilder<>(redis, topic);
  }

  /**
   * Starts work; returns at once. Groups that do not exist are created, as soon as the server can
   * be reached.
   *
   * @throws IllegalStateException if it was started before
   */
  public void start() {
    core.start();
  }

  /** The present state. */
  public LifecycleState state() {
    return core.state();
  }

  /**
   * Waits for a state, or a final one.
   *
   * @return whether the worker is in that state now
   * @throws InterruptedException if the waiting thread is interrupted
   */
  public boolean awaitState(LifecycleState wanted, Duration timeout) throws InterruptedException {
    return core.awaitState(wanted, timeout);
  }

  /** Tells of changes of {@link #state()} from now on. */
  public void addListener(LifecycleListener listener) {
    core.addListener(listener);
  }

  /**
   * Serves this tenant too from now on, until it is removed; also one that was discovered. Returns
   * at once; its messages are seen within a second, with thousands of tenants within 3. Does
   * nothing if the tenant is served already. One that is just being removed is served again after
   * that.
   *
   * @throws dev.tandem.api.error.ClosedException after {@link #close()}
   */
  public void add(Tenant tenant) {
    core.add(Require.notNull("tenant", tenant));
  }

  /**
   * Serves this tenant no more: reads no more of it, hands back what was never started without
   * counting the delivery, lets running handlers finish and acknowledges, and leaves its groups.
   * Other tenants go on meanwhile. What cannot be finished within the drain time is finished
   * afterwards, and the tenant counts as removed. A retry that waits in order waits in Redis then.
   * Makes no key of a tenant that has none any more. Does nothing if the tenant is not served. One
   * that a {@link TenantSource} still lists comes back the next time it is asked.
   *
   * <p>To delete a tenant's data for good, remove it from all workers first.
   *
   * @return completes when nothing of the tenant is held any more, or the drain time is over, or
   *     the worker has ended; on a thread of the worker
   */
  public CompletableFuture<Void> remove(Tenant tenant) {
    return core.remove(Require.notNull("tenant", tenant));
  }

  /** The tenants it serves now: those given, added and discovered. */
  public Set<Tenant> tenants() {
    return core.tenants();
  }

  /** The name this worker goes by within its group, different for every worker ever built. */
  public String consumer() {
    return core.consumer();
  }

  /**
   * How it is doing.
   *
   * <ul>
   *   <li>UP: it runs, and a round trip of any kind came back within the lease time or 30 seconds,
   *       whichever is more.
   *   <li>DEGRADED: none did; or it is starting, recovering, paused or draining; or a stream is not
   *       read because too many of its deliveries cannot be settled, or stands still in strict
   *       order, or all handlers are stuck.
   *   <li>DOWN: before the start and after the end; or nothing is read at all because too many
   *       deliveries cannot be settled.
   * </ul>
   */
  public Health health() {
    return core.health();
  }

  /** The streams in {@link Ordering#STRICT} order that stand still, and why. */
  public List<StoppedStream> stopped() {
    return core.stopped();
  }

  /**
   * Starts no handler any more and reads nothing until {@link #resume()}; handlers that run go on.
   * The worker is {@link LifecycleState#PAUSED} then. It keeps what it has read ahead and renews
   * it, so that it stays in order; other workers of the group handle the rest. Before the start:
   * takes effect with it. Repeated calls, and calls after the end, do nothing.
   */
  public void pause() {
    core.pause();
  }

  /**
   * Goes on after {@link #pause()}. Tries the messages again at which streams in {@link
   * Ordering#STRICT} order stand still. Otherwise does nothing.
   */
  public void resume() {
    core.resume();
  }

  /**
   * What it has done so far, altogether and for each stream, and what its group still has to do.
   * Asks the server nothing; takes time in proportion to the number of streams.
   */
  public WorkerStats stats() {
    return core.stats();
  }

  /**
   * Stops reading, lets running handlers finish, acknowledges, hands back what was never started
   * without counting the delivery, and leaves the group; all within the drain time. After it,
   * handlers that still run are interrupted, and their messages are delivered again once their
   * lease has run out. Returns when it is done. A handler that calls this waits for itself until
   * the drain time is over. Repeated calls wait for the first.
   *
   * <p>Handing back and leaving are tried again for up to 5 s of failures each (an attempt that has
   * begun is not cut short, and takes as long as the connection's own timeouts and attempts),
   * within the drain time. If the server does not come back in that time, what was never started
   * waits for its lease to run out, and the consumer's name stays in the group for about an hour.
   */
  @Override
  public void close() {
    core.close();
  }

  /**
   * Stops at once: interrupts handlers, acknowledges nothing more, hands nothing back. What was
   * held is delivered again once its lease has run out.
   */
  public void closeNow() {
    core.closeNow();
  }
}
