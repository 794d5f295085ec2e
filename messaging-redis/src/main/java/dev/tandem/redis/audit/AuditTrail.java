package dev.tandem.redis.audit;

import com.codahale.metrics.Counter;
import com.codahale.metrics.MetricRegistry;
import dev.tandem.api.audit.AuditHook;
import dev.tandem.api.audit.AuditRecord;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.internal.DaemonThreads;
import java.time.Clock;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings records to the hook on a thread of its own; see {@link AuditHook}.
 *
 * <p>Thread safety: safe for use by many threads; {@link #add} never waits.
 */
public final class AuditTrail implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditTrail.class);
  private static final long DRAIN_MILLIS = TimeUnit.SECONDS.toMillis(5);
  private static final long POLL_MILLIS = 100;

  private final AuditHook hook;
  private final String client;
  private final Clock clock;
  private final Counter recorded;
  private final Counter dropped;
  private final Counter failures;
  private final BlockingQueue<AuditRecord> waiting =
      new ArrayBlockingQueue<>(AuditHook.MOST_WAITING);
  private final Thread thread;
  private volatile boolean closed;

  /**
   * Starts the thread.
   *
   * @param client the name of the connection
   */
  public AuditTrail(AuditHook hook, String client, Clock clock, MetricRegistry metrics) {
    this.hook = hook;
    this.client = client;
    this.clock = clock;
    this.recorded = metrics.counter("tandem.audit.recorded");
    this.dropped = metrics.counter("tandem.audit.dropped");
    this.failures = metrics.counter("tandem.audit.failures");
    this.thread = DaemonThreads.named("tandem-audit").newThread(this::run);
    thread.start();
  }

  /** A message has its outcome. */
  public void add(
      String instance,
      String tenant,
      AuditRecord.Kind kind,
      String destination,
      String type,
      @Nullable String key,
      @Nullable String messageId,
      long version,
      @Nullable ErrorCode failure) {
    AuditRecord record =
        new AuditRecord(
            clock.instant(),
            client,
            instance,
            tenant,
            kind,
            destination,
            type,
            key,
            messageId,
            version,
            failure);
    if (closed || !waiting.offer(record)) {
      dropped.inc();
    }
  }

  private void run() {
    try {
      AuditRecord next = waiting.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
      while (next != null || !closed) {
        if (next != null) {
          tell(next);
        }
        next = waiting.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      dropped.inc(waiting.size());
    }
  }

  private void tell(AuditRecord record) {
    try {
      hook.record(record);
      recorded.inc();
    } catch (Throwable e) { // an error must not end the trail
      failures.inc();
      LOG.warn("the audit hook failed", e);
    }
  }

  /** Takes no more records, and gives the hook up to five seconds for those that wait. */
  @Override
  public void close() {
    closed = true;
    try {
      thread.join(DRAIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    thread.interrupt();
  }
}
