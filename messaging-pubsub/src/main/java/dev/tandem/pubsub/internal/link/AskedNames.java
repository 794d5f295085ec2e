package dev.tandem.pubsub.internal.link;

import dev.tandem.api.error.ServerErrorException;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.SubscriberLink;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What one connection was asked for: channels, and patterns, which are the names with a {@code *}.
 *
 * <p>A name that is given up and asked for again may have an old confirmation on its way; so
 * confirmations are counted, and the name is confirmed when none is outstanding.
 *
 * <p>The server refuses a command as a whole if the user may not read one of its names, and does
 * not say which. So what was refused is asked for again in halves, until the forbidden names stand
 * alone; these wait for {@link #askForbidden}.
 *
 * <p>Thread safety: safe for use by many threads; requests are to be sent in the order in which
 * they were given out.
 */
final class AskedNames {
  /** The most names in one command: {@value}. */
  static final int MOST_A_COMMAND = 512;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<RedisKey, Asked> names = new HashMap<>();
  private List<List<RedisKey>> suspects = new ArrayList<>();
  private int forbidden;

  /** How a name stands on this connection. */
  private static final class Asked {
    private boolean wanted = true;
    private int outstanding = 1;
    private boolean confirmed;
    private @Nullable ServerErrorException denial;
  }

  /** A command to be sent. */
  record Request(boolean subscribes, List<RedisKey> names) {
    void send(SubscriberLink link) {
      List<RedisKey> channels = new ArrayList<>(names.size());
      List<RedisKey> patterns = new ArrayList<>();
      names.forEach(name -> (isPattern(name) ? patterns : channels).add(name));
      if (subscribes) {
        link.subscribe(channels);
        link.subscribePatterns(patterns);
      } else {
        link.unsubscribe(channels);
        link.unsubscribePatterns(patterns);
      }
    }

    private static boolean isPattern(RedisKey name) {
      for (byte character : name.bytes()) {
        if (character == '*') {
          return true;
        }
      }
      return false;
    }
  }

  /** The connection begins by asking for this. */
  void begin(RedisKey first) {
    lock.lock();
    try {
      names.put(first, new Asked());
    } finally {
      lock.unlock();
    }
  }

  /** Those of them that are confirmed. */
  List<RedisKey> confirmedOf(Collection<RedisKey> some) {
    lock.lock();
    try {
      return some.stream()
          .filter(
              name -> {
                Asked asked = names.get(name);
                return asked != null && asked.wanted && asked.confirmed;
              })
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /** What to send so that the connection has these names and no others. */
  List<Request> change(Set<RedisKey> wanted) {
    List<RedisKey> more = new ArrayList<>();
    List<RedisKey> less = new ArrayList<>();
    List<Request> requests = new ArrayList<>();
    lock.lock();
    try {
      for (Iterator<Map.Entry<RedisKey, Asked>> all = names.entrySet().iterator();
          all.hasNext(); ) {
        Map.Entry<RedisKey, Asked> entry = all.next();
        Asked asked = entry.getValue();
        if (asked.wanted && !wanted.contains(entry.getKey())) {
          giveUp(asked);
          less.add(entry.getKey());
        }
        if (!asked.wanted && asked.outstanding == 0) {
          all.remove();
        }
      }
      for (RedisKey name : wanted) {
        if (ask(name)) {
          more.add(name);
        }
      }
      cut(false, less, requests);
      cut(true, more, requests);
      askSuspects(requests);
    } finally {
      lock.unlock();
    }
    return requests;
  }

  /**
   * What to send so that the connection has {@code more} and not {@code less} of what it has been
   * asked for before.
   */
  List<Request> change(Collection<RedisKey> more, Collection<RedisKey> less) {
    List<Request> requests = new ArrayList<>();
    lock.lock();
    try {
      cut(false, less.stream().filter(this::giveUp).toList(), requests);
      cut(true, more.stream().filter(this::ask).toList(), requests);
      askSuspects(requests);
    } finally {
      lock.unlock();
    }
    return requests;
  }

  /** Whether the name must be given up. */
  private boolean giveUp(RedisKey name) {
    Asked asked = names.get(name);
    if (asked == null || !asked.wanted) {
      return false;
    }
    giveUp(asked);
    if (asked.outstanding == 0) {
      names.remove(name);
    }
    return true;
  }

  private void giveUp(Asked asked) {
    asked.wanted = false;
    asked.confirmed = false;
    setDenial(asked, null);
  }

  private static void cut(boolean subscribes, List<RedisKey> all, List<Request> requests) {
    for (int from = 0; from < all.size(); from += MOST_A_COMMAND) {
      int to = Math.min(all.size(), from + MOST_A_COMMAND);
      requests.add(new Request(subscribes, List.copyOf(all.subList(from, to))));
    }
  }

  /** Whether the name must be asked for. */
  private boolean ask(RedisKey name) {
    Asked asked = names.get(name);
    if (asked == null) {
      names.put(name, new Asked());
      return true;
    }
    if (asked.wanted) {
      return false;
    }
    asked.wanted = true;
    asked.outstanding++;
    return true;
  }

  private void askSuspects(List<Request> requests) {
    for (List<RedisKey> group : suspects) {
      List<RedisKey> again = group.stream().filter(this::isUnanswered).toList();
      int half = (again.size() + 1) / 2;
      askAgain(again.subList(0, half), requests);
      askAgain(again.subList(half, again.size()), requests);
    }
    suspects = new ArrayList<>();
  }

  private boolean isUnanswered(RedisKey name) {
    Asked asked = names.get(name);
    return asked != null && asked.wanted && asked.outstanding == 0 && !asked.confirmed;
  }

  private void askAgain(List<RedisKey> some, List<Request> requests) {
    if (!some.isEmpty()) {
      for (RedisKey name : some) {
        Asked asked = names.get(name);
        if (asked != null) {
          asked.outstanding++;
        }
      }
      requests.add(new Request(true, List.copyOf(some)));
    }
  }

  /** What to send to ask for the forbidden names again, each for itself. */
  List<Request> askForbidden() {
    List<Request> requests = new ArrayList<>();
    lock.lock();
    try {
      names.forEach(
          (name, asked) -> {
            if (asked.denial != null && isUnanswered(name)) {
              askAgain(List.of(name), requests);
            }
          });
    } finally {
      lock.unlock();
    }
    return requests;
  }

  /** The server has confirmed the name: whether that was the last confirmation it waited for. */
  boolean confirm(RedisKey name) {
    lock.lock();
    try {
      Asked asked = names.get(name);
      if (asked == null || asked.outstanding == 0) {
        return false;
      }
      asked.outstanding--;
      if (asked.outstanding > 0) {
        return false;
      }
      if (!asked.wanted) {
        names.remove(name);
        return false;
      }
      asked.confirmed = true;
      setDenial(asked, null);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** The server has refused these as a whole: true if that shows a name to be forbidden. */
  boolean refuse(Collection<RedisKey> refused, ServerErrorException error) {
    lock.lock();
    try {
      for (RedisKey name : refused) {
        Asked asked = names.get(name);
        if (asked != null && asked.outstanding > 0 && --asked.outstanding == 0 && !asked.wanted) {
          names.remove(name);
        }
      }
      if (refused.size() > 1) {
        suspects.add(List.copyOf(refused));
        return false;
      }
      Asked alone = names.get(refused.iterator().next());
      if (alone == null || !alone.wanted || alone.denial != null || alone.outstanding > 0) {
        return false;
      }
      setDenial(alone, error);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void setDenial(Asked asked, @Nullable ServerErrorException now) {
    forbidden += (now == null ? 0 : 1) - (asked.denial == null ? 0 : 1);
    asked.denial = now;
  }

  /** Some of the names that the user may not read, in no order. */
  List<RedisKey> someForbidden(int most) {
    lock.lock();
    try {
      return names.entrySet().stream()
          .filter(each -> each.getValue().denial != null)
          .limit(most)
          .map(Map.Entry::getKey)
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /** Those of them that the user may not read, with what the server said. */
  Map<RedisKey, ServerErrorException> deniedOf(Collection<RedisKey> some) {
    Map<RedisKey, ServerErrorException> denied = new HashMap<>();
    lock.lock();
    try {
      for (RedisKey name : some) {
        Asked asked = names.get(name);
        if (asked != null && asked.wanted && asked.denial != null) {
          denied.put(name, asked.denial);
        }
      }
    } finally {
      lock.unlock();
    }
    return denied;
  }

  /** How many names the user may not read. */
  int forbidden() {
    lock.lock();
    try {
      return forbidden;
    } finally {
      lock.unlock();
    }
  }
}
