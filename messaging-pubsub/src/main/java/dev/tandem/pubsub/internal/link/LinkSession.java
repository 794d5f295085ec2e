package dev.tandem.pubsub.internal.link;

import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.SubscriberEvents;
import dev.tandem.redis.command.SubscriberLink;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
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

  private final SubscriberLink link;
  private final LinkEvents events;
  private final Owner owner;
  private final LongSupplier nanoTime;
  private final AskedNames names = new AskedNames();
  private volatile boolean confirmed;
  private volatile long lastHeardNanos;

  /** Who keeps the session; must return at once. */
  interface Owner {
    /** The server has answered for the first time. */
    void onFirstConfirmation();

    /** A command was refused; {@link LinkSession#change} is to ask again, for fewer at once. */
    void onRefused();

    /** The user may not read a name; {@link LinkSession#askForbidden} asks again. */
    void onForbidden();
  }

  LinkSession(SubscriberLink link, LinkEvents events, Owner owner, LongSupplier nanoTime) {
    this.link = link;
    this.events = events;
    this.owner = owner;
    this.nanoTime = nanoTime;
    this.lastHeardNanos = nanoTime.getAsLong();
  }

  /** Subscribes and hands over what arrives until the connection ends. */
  void run(RedisKey probeChannel) {
    names.begin(probeChannel);
    link.run(this, Set.of(probeChannel));
  }

  /** Whether the server has answered on this connection. */
  boolean isConfirmed() {
    return confirmed;
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
   * confirmed already. Called by the thread that reconciles.
   */
  void change(Collection<RedisKey> more, Collection<RedisKey> less) {
    if (!confirmed) {
      return;
    }
    List<RedisKey> known = names.confirmedOf(more);
    if (send(names.change(more, less))) {
      known.forEach(events::onConfirmed);
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
    lastHeardNanos = nanoTime.getAsLong();
    try {
      events.onPayload(RedisKey.of(channel), payload);
    } catch (RuntimeException e) {
      LOG.error("a payload of {} bytes could not be handled", payload.length, e);
    }
  }

  @Override
  public void onPatternMessage(byte[] pattern, byte[] channel, byte[] payload) {
    lastHeardNanos = nanoTime.getAsLong();
    try {
      events.onPatternPayload(RedisKey.of(pattern), RedisKey.of(channel), payload);
    } catch (RuntimeException e) {
      LOG.error("a payload of {} bytes could not be handled", payload.length, e);
    }
  }

  @Override
  public void onSubscribed(byte[] channel) {
    lastHeardNanos = nanoTime.getAsLong();
    if (!confirmed) {
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
    if (names.refuse(refused)) {
      LOG.warn("no permission to subscribe to {}, asking again: {}", refused, error.getMessage());
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
