package dev.tandem.examples.soak.live;

import dev.tandem.api.Message;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.redis.RedisConnection;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Publishes its numbers on all channels at a steady rate until it is told to stop. */
final class NumberPublisher implements AutoCloseable {
  private static final Duration LONGEST_END = Duration.ofSeconds(30);

  private final RedisConnection redis;
  private final LiveBus bus;
  private final int which;
  private final Checker checker;
  private final Random random;
  private final long nanosBetween;
  private final Thread thread;
  private volatile boolean stopping;

  /**
   * Starts publishing.
   *
   * @param which of the publishers this is, from 0
   * @param perSecond how many messages a second
   */
  NumberPublisher(String redisUrl, int which, int perSecond, Checker checker, long seed) {
    this.redis = LiveScenery.connection(redisUrl);
    this.bus = LiveScenery.bus(redis);
    this.which = which;
    this.checker = checker;
    this.random = new Random(seed);
    this.nanosBetween = TimeUnit.SECONDS.toNanos(1) / perSecond;
    this.thread = new Thread(this::publish, "soak-publisher-" + which);
    thread.setDaemon(true);
    thread.start();
  }

  /** One last message on each channel. */
  static void closingWords(String redisUrl, Checker checker) {
    try (RedisConnection redis = LiveScenery.connection(redisUrl);
        LiveBus bus = LiveScenery.bus(redis)) {
      for (int channel = 0; channel < LiveScenery.CHANNELS.size(); channel++) {
        send(bus, channel, LiveScenery.PUBLISHERS, checker);
      }
    }
  }

  private void publish() {
    long next = System.nanoTime();
    while (!stopping) {
      long wait = next - System.nanoTime();
      if (wait > 0) {
        LockSupport.parkNanos(wait);
      } else {
        send(bus, random.nextInt(LiveScenery.CHANNELS.size()), which, checker);
        next += nanosBetween;
      }
    }
  }

  private static void send(LiveBus bus, int channel, int which, Checker checker) {
    int number = checker.issue(channel, which);
    Message<String> message = Message.of("number", Integer.toString(number));
    try {
      CompletableFuture<?> unused =
          bus.publishAsync(LiveScenery.TENANT, LiveScenery.CHANNELS.get(channel), message)
              .whenComplete((receipt, error) -> settled(checker, channel, number, receipt, error));
    } catch (MessagingException e) {
      settled(checker, channel, number, null, e);
    }
  }

  private static void settled(
      Checker checker,
      int channel,
      int number,
      @Nullable PublishReceipt receipt,
      @Nullable Throwable error) {
    if (receipt != null && receipt.position() != null) {
      checker.published(channel, number, receipt.position());
    } else if (error instanceof MessagingException known
        && known.code() != ErrorCode.OUTCOME_UNKNOWN) {
      checker.refused(channel, number);
    }
  }

  /** Publishes nothing more, and waits until each message has its outcome. */
  @Override
  public void close() {
    stopping = true;
    try {
      thread.join(LONGEST_END.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    bus.close();
    redis.close();
  }
}
