package dev.tandem.examples.quickstart;

import dev.tandem.hybrid.HybridPublisher;
import dev.tandem.hybrid.HybridReceipt;
import dev.tandem.hybrid.Route;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Publishes events without waiting for each, up to a limit, and counts the receipts. */
final class Publishing {
  private static final int MOST_UNDER_WAY = 1_024;
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final HybridPublisher publisher;
  private final Route<String> route;
  private final Tally tally;
  private final Semaphore room = new Semaphore(MOST_UNDER_WAY);
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  Publishing(HybridPublisher publisher, Route<String> route, Tally tally) {
    this.publisher = publisher;
    this.route = route;
    this.tally = tally;
  }

  /**
   * Publishes an event, as soon as there is room.
   *
   * @throws QuickstartException if an event could not be published, this or an earlier one
   */
  void publish(Event event) throws InterruptedException {
    take(1);
    CompletableFuture<HybridReceipt> unused =
        publisher
            .publishAsync(event.tenant(), event.message(), route)
            .whenComplete((receipt, error) -> settle(event, receipt, error));
  }

  /** Waits until everything is published. */
  void finish() throws InterruptedException {
    take(MOST_UNDER_WAY);
    room.release(MOST_UNDER_WAY);
  }

  private void take(int permits) throws InterruptedException {
    boolean taken = room.tryAcquire(permits, PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    Throwable error = failure.get();
    if (error != null) {
      throw QuickstartException.failed("an event was not published: " + error.getMessage(), error);
    }
    if (!taken) {
      throw QuickstartException.failed(
          "publishing got no answer from Redis for " + PATIENCE.toSeconds() + " s", null);
    }
  }

  private void settle(Event event, @Nullable HybridReceipt receipt, @Nullable Throwable error) {
    if (receipt != null) {
      long version = receipt.position() == null ? 0 : receipt.position().version();
      tally.published(event.tenant().name(), receipt.id().value(), version);
    } else {
      failure.compareAndSet(null, error);
    }
    room.release();
  }
}
