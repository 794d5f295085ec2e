package dev.tandem.examples.soak.hybrid;

import dev.tandem.api.Message;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.hybrid.HybridPublisher;
import dev.tandem.hybrid.HybridReceipt;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Publishes numbers at a steady rate on a thread of its own until it is told to stop. */
final class NumberPublisher {
  private static final Duration LONGEST_END = Duration.ofSeconds(60);

  private final HybridPublisher hybrid;
  private final int which;
  private final long nanosBetween;
  private final Book book;
  private final Thread thread;
  private volatile boolean stopping;

  /** Where numbers come from, and who is told what became of them. Called by many threads. */
  interface Book {
    /** The next number, which is about to be published. */
    long issue();

    /** What the publisher was told of one: a state of {@link Numbers}. */
    void told(long number, int state);
  }

  /**
   * Starts publishing.
   *
   * @param hybrid stays the caller's to close
   * @param which of the publishers this is
   * @param perSecond how many messages a second
   */
  NumberPublisher(HybridPublisher hybrid, int which, int perSecond, Book book) {
    this.hybrid = hybrid;
    this.which = which;
    this.nanosBetween = TimeUnit.SECONDS.toNanos(1) / perSecond;
    this.book = book;
    this.thread = new Thread(this::publish, "soak-publisher-" + which);
    thread.setDaemon(true);
    thread.start();
  }

  private void publish() {
    long next = System.nanoTime();
    while (!stopping) {
      long wait = next - System.nanoTime();
      if (wait > 0) {
        LockSupport.parkNanos(wait);
      } else {
        send();
        // After a pause it goes on from now: to catch up would be a burst.
        next = Math.max(next + nanosBetween, System.nanoTime() - nanosBetween);
      }
    }
  }

  private void send() {
    long number = book.issue();
    Label label = Label.of(which, number);
    try {
      CompletableFuture<?> unused =
          hybrid
              .publishAsync(
                  HybridScenery.TENANTS.get(label.tenant()),
                  Message.of("payment", label.toString()),
                  HybridScenery.PAYMENTS.route())
              .whenComplete((receipt, error) -> settled(number, receipt, error));
    } catch (MessagingException e) {
      settled(number, null, e);
    }
  }

  private void settled(long number, @Nullable HybridReceipt receipt, @Nullable Throwable error) {
    if (receipt != null) {
      book.told(number, receipt.isSpooled() ? Numbers.SPOOLED : Numbers.CONFIRMED);
    } else if (error instanceof MessagingException known
        && known.code() != ErrorCode.OUTCOME_UNKNOWN) {
      book.told(number, Numbers.REFUSED);
    }
  }

  /** Publishes nothing more. */
  void stop() {
    stopping = true;
    try {
      thread.join(LONGEST_END.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
