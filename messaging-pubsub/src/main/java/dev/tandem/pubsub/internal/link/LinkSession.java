package dev.tandem.pubsub.internal.link;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.SubscriberEvents;
import dev.tandem.redis.command.SubscriberLink;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life of the subscriber connection: which channels it was asked for, and which are confirmed.
 *
 * <p>A channel that is given up and asked for again may have an old confirmation on its way; so
 * confirmations are counted, and the channel is confirmed when none is outstanding.
 */
final class LinkSession implements SubscriberEvents {
  private static final Logger LOG = LoggerFactory.getLogger(LinkSession.class);

  private final SubscriberLink link;
  private final LinkEvents events;
  private final Clock clock;
  private final Runnable onFirstConfirmation;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<RedisKey, Asked> channels = new HashMap<>();
  private volatile boolean confirmed;
  private volatile long lastHeardMillis;

  /** How a channel stands on this connection. */
  private static final class Asked {
    private boolean wanted = true;
    private int outstanding = 1;
  }

  LinkSession(SubscriberLink link, LinkEvents events, Clock clock, Runnable onFirstConfirmation) {
    this.link = link;
    this.events = events;
    this.clock = clock;
    this.onFirstConfirmation = onFirstConfirmation;
    this.lastHeardMillis = clock.millis();
  }

  /** Subscribes and hands over what arrives until the connection ends. */
  void run(Collection<RedisKey> first) {
    lock.lock();
    try {
      first.forEach(channel -> channels.put(channel, new Asked()));
    } finally {
      lock.unlock();
    }
    link.run(this, first);
  }

  /** Whether the server has answered on this connection. */
  boolean isConfirmed() {
    return confirmed;
  }

  /** When anything arrived last, or the session began; by our clock. */
  long lastHeardMillis() {
    return lastHeardMillis;
  }

  /**
   * Makes the connection's channels these, and reports those of {@code fresh} that are confirmed
   * already. Called by one thread at a time; blocks while it writes.
   */
  void reconcile(Set<RedisKey> wanted, Collection<RedisKey> fresh) {
    if (!confirmed) {
      return;
    }
    List<RedisKey> more = new ArrayList<>();
    List<RedisKey> less = new ArrayList<>();
    List<RedisKey> known = new ArrayList<>();
    lock.lock();
    try {
      for (RedisKey channel : fresh) {
        Asked asked = channels.get(channel);
        if (asked != null && asked.wanted && asked.outstanding == 0) {
          known.add(channel);
        }
      }
      for (RedisKey channel : wanted) {
        if (ask(channel)) {
          more.add(channel);
        }
      }
      for (Iterator<Map.Entry<RedisKey, Asked>> all = channels.entrySet().iterator();
          all.hasNext(); ) {
        Map.Entry<RedisKey, Asked> entry = all.next();
        Asked asked = entry.getValue();
        if (asked.wanted && !wanted.contains(entry.getKey())) {
          asked.wanted = false;
          less.add(entry.getKey());
        }
        if (!asked.wanted && asked.outstanding == 0) {
          all.remove();
        }
      }
    } finally {
      lock.unlock();
    }
    try {
      link.unsubscribe(less);
      link.subscribe(more);
    } catch (MessagingException e) {
      LOG.debug("subscriptions change with the next connection: {}", e.getMessage());
      return;
    }
    known.forEach(channel -> events.onConfirmed(channel.text()));
  }

  /** Whether the channel must be asked for. */
  private boolean ask(RedisKey channel) {
    Asked asked = channels.get(channel);
    if (asked == null) {
      channels.put(channel, new Asked());
      return true;
    }
    if (asked.wanted) {
      return false;
    }
    asked.wanted = true;
    asked.outstanding++;
    return true;
  }

  /** Cuts the connection. */
  void interrupt() {
    link.interrupt();
  }

  @Override
  public void onMessage(byte[] channel, byte[] payload) {
    lastHeardMillis = clock.millis();
    try {
      events.onPayload(new String(channel, UTF_8), payload);
    } catch (RuntimeException e) {
      LOG.error("a payload of {} bytes could not be handled", payload.length, e);
    }
  }

  @Override
  public void onSubscribed(byte[] channel) {
    lastHeardMillis = clock.millis();
    if (!confirmed) {
      confirmed = true;
      onFirstConfirmation.run();
    }
    RedisKey key = RedisKey.of(new String(channel, UTF_8));
    lock.lock();
    try {
      Asked asked = channels.get(key);
      if (asked == null || asked.outstanding == 0) {
        return;
      }
      asked.outstanding--;
      if (asked.outstanding > 0 || !asked.wanted) {
        return;
      }
    } finally {
      lock.unlock();
    }
    events.onConfirmed(key.text());
  }

  @Override
  public void onUnsubscribed(byte[] channel) {
    lastHeardMillis = clock.millis();
  }
}
