package dev.tandem.pubsub.internal.link;

import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.SubscriberEvents;
import dev.tandem.redis.command.SubscriberLink;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life of the subscriber connection: what it was asked for, and what is confirmed.
 *
 * <p>It begins with the probe channel alone; the other channels follow once that is confirmed, up
 * to {@value AskedNames#MOST_A_COMMAND} in a command.
 */
final class LinkSession implements SubscriberEvents {
  private static final Logger LOG = LoggerFactory.getLogger(LinkSession.class);

  /** What arrives so soon after what came before is not the last of what is there. */
  private static final Duration HURRY = Duration.ofNanos(10_000);

  private final SubscriberLink link;
  private final LinkEvents events;
  private final Owner owner;
  private final LongSupplier nanoTime;
  private final AskedNames names = new AskedNames();
  private final BusThreads threads;
  private final AsideWatch watch;
  private final ReentrantLock reporting = new ReentrantLock();
  private boolean over;
  private volatile boolean confirmed;
  private volatile long confirmedAtNanos;
  private volatile long lastHeardNanos;

  /** When the thread that reads was done with what arrived last; that thread's. */
  private long doneNanos;

  /** Who keeps the session; must return at once. */
  interface Owner {
    /** The server has answered for the first time. */
    void onFirstConfirmation();

    /** Whether the thread that reads may do something else; another will read on if need be. */
    boolean maySpareThread();

    /** That thread does not come back: another is to {@link #readOn}; false if there is none. */
    boolean onStuck(LinkSession session);

    /** A command was refused; {@link LinkSession#change} is to ask again, for fewer at once. */
    void onRefused();

    /** The user may not read a name; {@link LinkSession#askForbidden} asks again. */
    void onForbidden();
  }

  LinkSession(
      SubscriberLink link,
      LinkEvents events,
      Owner owner,
      BusThreads threads,
      LongSupplier nanoTime) {
    this.link = link;
    this.events = events;
    this.owner = owner;
    this.threads = threads;
    this.watch = new AsideWatch(threads, () -> owner.onStuck(this));
    this.nanoTime = nanoTime;
    this.lastHeardNanos = nanoTime.getAsLong();
  }

  /**
   * Subscribes and hands over what arrives until the connection ends.
   *
   * @return false if another thread has taken over
   */
  boolean run(RedisKey probeChannel) {
    names.begin(probeChannel);
    return link.run(this, Set.of(probeChannel));
  }

  /**
   * Like {@link #run}, in place of a thread that does something else.
   *
   * @return false if there is none, or another thread has taken over
   */
  boolean readOn() {
    return link.takeOver(this);
  }

  /** Gives the connection up: {@link #change} reports nothing of it any more. */
  void close() {
    reporting.lock();
    try {
      over = true;
    } finally {
      reporting.unlock();
    }
    link.close();
  }

  /** Whether the server has answered on this connection. */
  boolean isConfirmed() {
    return confirmed;
  }

  /** For how long the server has been answering on this connection; zero if it never did. */
  Duration served() {
    return confirmed
        ? Duration.ofNanos(Math.max(0, nanoTime.getAsLong() - confirmedAtNanos))
        : Duration.ZERO;
  }

  /** When anything arrived last, or the session began; by the monotonic clock. */
  long lastHeardNanos() {
    return lastHeardNanos;
  }

  /** For how long nothing has arrived. */
  Duration silence() {
    return Duration.ofNanos(Math.max(0, nanoTime.getAsLong() - lastHeardNanos));
  }

  /** How many of the names the user may not read. */
  int forbidden() {
    return names.forbidden();
  }

  /** Some of the names that the user may not read. */
  List<RedisKey> someForbidden(int most) {
    return names.someForbidden(most);
  }

  /**
   * Makes the connection's channels and patterns these, whatever they were. Called by one thread at
   * a time; blocks while it writes.
   */
  void reconcile(Set<RedisKey> wanted) {
    if (confirmed) {
      send(names.change(wanted));
    }
  }

  /**
   * Adds these channels and patterns and gives up those, and reports those of {@code more} that are
   * confirmed or denied already. Called by the thread that reconciles.
   */
  void change(Collection<RedisKey> more, Collection<RedisKey> less) {
    if (!confirmed) {
      return;
    }
    List<RedisKey> known = names.confirmedOf(more);
    Map<RedisKey, ServerErrorException> denied = names.deniedOf(more);
    if (send(names.change(more, less))) {
      report(known, denied);
    }
  }

  /** Not once the connection is given up: what is told then is told of the next one. */
  private void report(List<RedisKey> known, Map<RedisKey, ServerErrorException> denied) {
    reporting.lock();
    try {
      if (!over) {
        known.forEach(events::onConfirmed);
        denied.forEach(events::onDenied);
      }
    } finally {
      reporting.unlock();
    }
  }

  /** Asks again for what was refused. Called by the thread that reconciles. */
  void askForbidden() {
    send(names.askForbidden());
  }

  private boolean send(List<AskedNames.Request> requests) {
    try {
      for (AskedNames.Request request : requests) {
        request.send(link);
      }
      return true;
    } catch (MessagingException e) {
      LOG.debug("subscriptions change with the next connection: {}", e.getMessage());
      return false;
    }
  }

  /** Cuts the connection. */
  void interrupt() {
    link.interrupt();
  }

  @Override
  public void onMessage(byte[] channel, byte[] payload) {
    heard(payload.length, () -> events.onPayload(RedisKey.of(channel), payload));
  }

  @Override
  public void onPatternMessage(byte[] pattern, byte[] channel, byte[] payload) {
    heard(
        payload.length,
        () -> events.onPatternPayload(RedisKey.of(pattern), RedisKey.of(channel), payload));
  }

  /** Has a payload handled; where nothing else waits, a quick listener is called on this thread. */
  private void heard(int bytes, Runnable handling) {
    long now = nanoTime.getAsLong();
    lastHeardNanos = now;
    Runnable listener = null;
    try {
      if (now - doneNanos < HURRY.toNanos() || !owner.maySpareThread()) {
        handling.run();
      } else {
        listener = threads.gather(handling);
      }
    } catch (RuntimeException e) {
      LOG.error("a payload of {} bytes could not be handled", bytes, e);
    }
    if (listener == null || watch.run(listener, link)) {
      doneNanos = nanoTime.getAsLong();
    }
  }

  @Override
  public void onSubscribed(byte[] channel) {
    lastHeardNanos = nanoTime.getAsLong();
    if (!confirmed) {
      confirmedAtNanos = lastHeardNanos;
      confirmed = true;
      owner.onFirstConfirmation();
    }
    RedisKey name = RedisKey.of(channel);
    if (names.confirm(name)) {
      events.onConfirmed(name);
    }
  }

  @Override
  public void onRefused(Collection<RedisKey> refused, ServerErrorException error) {
    lastHeardNanos = nanoTime.getAsLong();
    if (!confirmed) {
      throw error; // our own probe channel: without it nothing could be trusted
    }
    if (names.refuse(refused, error)) {
      LOG.warn("no permission to subscribe to {}, asking again: {}", refused, error.getMessage());
      refused.forEach(name -> events.onDenied(name, error));
    }
    if (refused.size() == 1) {
      owner.onForbidden();
    } else {
      owner.onRefused();
    }
  }

  @Override
  public void onUnsubscribed(byte[] channel) {
    lastHeardNanos = nanoTime.getAsLong();
  }
}
