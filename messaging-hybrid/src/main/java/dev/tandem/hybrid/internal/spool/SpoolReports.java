package dev.tandem.hybrid.internal.spool;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Meter;
import com.codahale.metrics.MetricRegistry;
import dev.tandem.api.error.MessagingException;
import dev.tandem.hybrid.HybridReceipt;
import dev.tandem.hybrid.SpoolListener;
import dev.tandem.redis.metrics.Tally;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts, logs and tells the listener what becomes of records.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class SpoolReports {
  private static final Logger LOG = LoggerFactory.getLogger(SpoolReports.class);

  private final SpoolListener listener;
  private final MetricRegistry metrics;
  private final Counter messages;
  private final Counter bytes;
  private final Meter allReplayed;
  private final Meter replayed = new Meter();
  private final Tally refused;
  private final Tally damaged;
  private final Tally cut;

  /** Counts there too. */
  public SpoolReports(SpoolListener listener, MetricRegistry metrics) {
    this.listener = listener;
    this.metrics = metrics;
    this.messages = metrics.counter("tandem.hybrid.spool.messages");
    this.bytes = metrics.counter("tandem.hybrid.spool.bytes");
    this.allReplayed = metrics.meter("tandem.hybrid.spool.replayed");
    this.refused = new Tally(metrics.counter("tandem.hybrid.spool.refused"));
    this.damaged = new Tally(metrics.counter("tandem.hybrid.spool.damaged"));
    this.cut = new Tally(metrics.counter("tandem.hybrid.spool.cut-bytes"));
  }

  /** A store begins its work. */
  void opened(SpoolStore store) {
    OldestGauge.join(metrics, store);
  }

  /** It has ended. */
  void closed(SpoolStore store) {
    OldestGauge.leave(metrics, store);
  }

  /** What waits has changed by so much. */
  void depth(long messages, long bytes) {
    this.messages.inc(messages);
    this.bytes.inc(bytes);
  }

  void replayed(SpoolRecord record, List<HybridReceipt> receipts) {
    allReplayed.mark(record.messages());
    replayed.mark(record.messages());
    tell(one -> one.onReplayed(record.number(), receipts));
  }

  void refused(SpoolRecord record, Path file, MessagingException why) {
    refused.add(record.messages());
    LOG.error(
        "spool: Redis refuses record {} with {} messages of tenant {}, kept as {}",
        record.number(),
        record.messages(),
        record.tenant().name(),
        file,
        why);
    tell(one -> one.onRefused(record.number(), file, why));
  }

  void cut(Path file, long count) {
    cut.add(count);
    LOG.warn("spool: cut {} bytes off {}: its last record was not written whole", count, file);
    tell(one -> one.onCut(file, count));
  }

  void damaged(Path keptAs, long records) {
    damaged.add(records);
    LOG.error("spool: bytes have changed, {} records are left out; kept as {}", records, keptAs);
    tell(one -> one.onDamaged(keptAs, records));
  }

  private void tell(Consumer<SpoolListener> event) {
    boolean wasInterrupted = Thread.currentThread().isInterrupted();
    try {
      event.accept(listener);
    } catch (Throwable e) { // also errors: what waits is to be replayed
      LOG.warn("a listener of the spool failed", e);
    } finally {
      if (!wasInterrupted) {
        boolean unused = Thread.interrupted(); // it would close the files
      }
    }
  }

  long replayedMessages() {
    return replayed.getCount();
  }

  double replayRate() {
    return replayed.getOneMinuteRate();
  }

  long refusedMessages() {
    return refused.sum();
  }

  long damagedRecords() {
    return damaged.sum();
  }

  long cutBytes() {
    return cut.sum();
  }
}
