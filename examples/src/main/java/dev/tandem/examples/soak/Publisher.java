package dev.tandem.examples.soak;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamProducerBuilder;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Publishes numbers at a steady rate until it is told to stop. */
final class Publisher implements AutoCloseable {
  private static final Duration LONGEST_END = Duration.ofSeconds(60);

  private final RedisConnection redis;
  private final StreamProducer producer;
  private final Ledger ledger;
  private final long nanosBetween;
  private final Thread thread;
  private volatile boolean stopping;

  /**
   * Starts publishing.
   *
   * @param perSecond how many messages a second
   * @param idempotent whether what a lost reply leaves open is sent again
   */
  Publisher(String redisUrl, boolean idempotent, int perSecond, Ledger ledger) {
    this.redis = RedisConnection.builder().url(redisUrl).lazy().build();
    StreamProducerBuilder builder = StreamProducer.builder(redis);
    this.producer = idempotent ? builder.idempotent().build() : builder.build();
    this.ledger = ledger;
    this.nanosBetween = TimeUnit.SECONDS.toNanos(1) / perSecond;
    this.thread = new Thread(this::publish, idempotent ? "soak-idempotent" : "soak-publisher");
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
        next += nanosBetween;
      }
    }
  }

  private void send() {
    long number = ledger.issue();
    Message<String> message = Message.of("number", Long.toString(number));
    try {
      CompletableFuture<?> unused =
          producer
              .send(Scenery.TENANT, Scenery.TOPIC, message)
              .whenComplete((id, error) -> settled(number, id, error));
    } catch (MessagingException e) {
      failed(number, e);
    }
  }

  private void settled(long number, @Nullable MessageId id, @Nullable Throwable error) {
    if (id != null) {
      ledger.appended(number, id.value());
    } else if (error != null) {
      failed(number, error);
    }
  }

  private void failed(long number, Throwable error) {
    boolean unknown =
        !(error instanceof MessagingException known) || known.code() == ErrorCode.OUTCOME_UNKNOWN;
    if (unknown) {
      ledger.unknown(number);
    } else {
      ledger.refused(number);
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
    producer.close(LONGEST_END);
    redis.close();
  }
}
