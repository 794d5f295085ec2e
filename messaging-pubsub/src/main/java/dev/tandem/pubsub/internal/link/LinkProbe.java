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
 * That time begins when the probe is sent, for it may have to wait for a thread; if none is free
 * for as long, it begins then.
 *
 * <p>Thread safety: used by the timer's thread alone, apart from sending.
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

  private @Nullable Probe probe;

  /** A message to ourselves, asked for and maybe sent. */
  private static final class Probe {
    final LinkSession session;
    final long askedAtNanos;
    private volatile boolean sent;
    private volatile long sentAtNanos;

    Probe(LinkSession session, long askedAtNanos) {
      this.session = session;
      this.askedAtNanos = askedAtNanos;
    }

    void sentAt(long nanos) {
      sentAtNanos = nanos;
      sent = true;
    }

    /** Whether something should have arrived by now. */
    boolean isOverdue(long nowNanos, long silenceNanos) {
      return sent
          ? nowNanos - sentAtNanos >= silenceNanos
          : nowNanos - askedAtNanos >= 2 * silenceNanos;
    }
  }

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
      probe = null;
      return;
    }
    long now = nanoTime.getAsLong();
    Probe last = probe;
    if (last == null
        || last.session != session
        || session.lastHeardNanos() - last.askedAtNanos >= 0) {
      probe = null;
      if (now - session.lastHeardNanos() >= silence.toNanos()) {
        Probe next = new Probe(session, now);
        probe = next;
        threads.read(() -> send(next));
      }
    } else if (last.isOverdue(now, silence.toNanos())) {
      metrics.probeTimeouts().add(1);
      LOG.warn("subscriber connection is silent and a message to ourselves did not come back");
      probe = null;
      session.interrupt();
    }
  }

  private void send(Probe sending) {
    sending.sentAt(nanoTime.getAsLong());
    try {
      redis.commands().execute(Command.of("PUBLISH").key(channel).arg("").repeatable());
    } catch (MessagingException e) {
      LOG.debug("the probe could not be sent: {}", e.getMessage());
    }
  }
}
