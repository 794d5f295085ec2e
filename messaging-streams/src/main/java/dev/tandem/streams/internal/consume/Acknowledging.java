package dev.tandem.streams.internal.consume;

import dev.tandem.api.error.MessagingException;
import dev.tandem.api.internal.DaemonThreads;
import dev.tandem.redis.batch.BatchSender;
import dev.tandem.redis.batch.BatchSettings;
import dev.tandem.redis.batch.BatchSink;
import dev.tandem.streams.Settlement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Acknowledges in the background, many in one round trip; its thread begins with the first of them.
 * Safe for use by many threads.
 */
final class Acknowledging implements BatchSink<Acknowledging.Later> {
  private static final int MOST_AT_A_TIME = 512;
  private static final Duration LINGER = Duration.ofMillis(5);

  /** One acknowledgement on its way. */
  record Later(Held<?> held, Request request, CompletableFuture<Settlement> result) {}

  private final Verbs verbs;
  private final String thread;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable BatchSender<Later> sender;

  Acknowledging(Verbs verbs, String thread) {
    this.verbs = verbs;
    this.thread = thread;
  }

  CompletableFuture<Settlement> add(Held<?> held, Request request) {
    CompletableFuture<Settlement> result = new CompletableFuture<>();
    try {
      sender().add(new Later(held, request, result));
    } catch (RuntimeException e) {
      held.notBegun();
      throw e;
    }
    return result;
  }

  private BatchSender<Later> sender() {
    lock.lock();
    try {
      BatchSender<Later> known = sender;
      if (known == null) {
        BatchSettings batching =
            BatchSettings.DEFAULT.batch(MOST_AT_A_TIME, 1 << 20).linger(LINGER);
        known =
            new BatchSender<>(
                "the consumer's acknowledgements",
                batching,
                later -> 0,
                this,
                DaemonThreads.named(thread));
        sender = known;
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void send(List<Later> batch) {
    verbs.settle(
        batch.stream().<Held<?>>map(Later::held).toList(),
        batch.stream().map(Later::request).toList());
    for (Later later : batch) {
      try {
        later.result.complete(verbs.outcome(later.request));
      } catch (MessagingException e) {
        later.result.completeExceptionally(e);
      }
    }
  }

  @Override
  public void fail(Later later, MessagingException why) {
    later.held.notBegun();
    later.result.completeExceptionally(why);
  }

  void close(Duration drain) {
    BatchSender<Later> known;
    lock.lock();
    try {
      known = sender;
    } finally {
      lock.unlock();
    }
    if (known != null) {
      known.close(drain);
    }
  }
}
