package dev.tandem.pubsub.internal.link;

import dev.tandem.api.error.MessagingException;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out that the subscriber connection is dead though it looks alive: after some silence it
 * publishes to our own channel, and if then nothing arrives for as long again, cuts the connection.
 *
 * <p>Thread safety: used by the timer's thread alone.
 */
public final class LinkProbe {
  private static final Logger LOG = LoggerFactory.getLogger(LinkProbe.class);
  private static final int TICKS = 4;

  private final RedisConnection redis;
  private final RedisKey channel;
  private final SubscriberConnection connection;
  private final Duration silence;
  private final BusThreads threads;
  private final BusMetrics metrics;
  private final LongSupplier nanoTime;

  private @Nullable LinkSession probed;
  private long probedAtNanos;

  /** A probe for this connection. */
  public LinkProbe(
      RedisConnection redis,
      RedisKey channel,
      SubscriberConnection connection,
      Duration silence,
      BusThreads threads,
      BusMetrics metrics,
      LongSupplier nanoTime) {
    this.redis = redis;
    this.channel = channel;
    this.connection = connection;
    this.silence = silence;
    this.threads = threads;
    this.metrics = metrics;
    this.nanoTime = nanoTime;
  }

  /** Begins to watch. */
  public void start() {
    threads.every(silence.dividedBy(TICKS), this::tick);
  }

  private void tick() {
    LinkSession session = connection.session();
    if (session == null) {
      probed = null;
      return;
    }
    long now = nanoTime.getAsLong();
    if (probed != session || session.lastHeardNanos() - probedAtNanos >= 0) {
      probed = null;
    }
    if (probed == null) {
      if (now - session.lastHeardNanos() >= silence.toNanos()) {
        probed = session;
        probedAtNanos = now;
        threads.read(this::publish);
      }
    } else if (now - probedAtNanos >= silence.toNanos()) {
      metrics.probeTimeouts().add(1);
      LOG.warn("subscriber connection is silent and a message to ourselves did not come back");
      probed = null;
      session.interrupt();
    }
  }

  private void publish() {
    try {
      redis.commands().execute(Command.of("PUBLISH").key(channel).arg("").repeatable());
    } catch (MessagingException e) {
      LOG.debug("the probe could not be sent: {}", e.getMessage());
    }
  }
}
