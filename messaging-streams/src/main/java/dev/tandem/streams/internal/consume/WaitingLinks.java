package dev.tandem.streams.internal.consume;

import dev.tandem.api.error.ClosedException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.RedisKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Connections for polls that wait, one for each that does so at this moment; up to {@value
 * #MOST_IDLE} are kept for the next. Safe for use by many threads.
 */
final class WaitingLinks {
  private static final int MOST_IDLE = 16;
  private static final Duration REPLY_TIMEOUT = Duration.ofSeconds(5);

  private record Open(int node, DedicatedLink link) {}

  private final RedisConnection redis;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Open> idle = new ArrayDeque<>();
  private final Set<Open> busy = new HashSet<>();
  private boolean closed;

  WaitingLinks(RedisConnection redis) {
    this.redis = redis;
  }

  /** Sends a command that blocks for up to a second or so. */
  @Nullable Object execute(RedisKey key, Command command) {
    Open open = take(key);
    try {
      return open.link.execute(command);
    } finally {
      giveBack(open);
    }
  }

  private Open take(RedisKey key) {
    int node = redis.isCluster() ? key.slot() : -1;
    Open known = takeIdle(node);
    if (known != null) {
      return known;
    }
    Open opened = new Open(node, redis.openDedicated(key, REPLY_TIMEOUT));
    lock.lock();
    try {
      if (!closed) {
        busy.add(opened);
        return opened;
      }
    } finally {
      lock.unlock();
    }
    opened.link.close();
    throw closed();
  }

  private @Nullable Open takeIdle(int node) {
    lock.lock();
    try {
      if (closed) {
        throw closed();
      }
      for (Iterator<Open> all = idle.iterator(); all.hasNext(); ) {
        Open open = all.next();
        if (open.node == node) {
          all.remove();
          busy.add(open);
          return open;
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  private static ClosedException closed() {
    return new ClosedException("the consumer is closed");
  }

  private void giveBack(Open open) {
    @Nullable Open surplus = null;
    lock.lock();
    try {
      busy.remove(open);
      if (closed || open.link.isBroken()) {
        surplus = open;
      } else {
        idle.addFirst(open);
        surplus = idle.size() > MOST_IDLE ? idle.removeLast() : null;
      }
    } finally {
      lock.unlock();
    }
    if (surplus != null) {
      surplus.link.close();
    }
  }

  /** Cuts off what waits, and opens nothing more. */
  void close() {
    List<Open> unused;
    lock.lock();
    try {
      closed = true;
      busy.forEach(open -> open.link.interrupt());
      unused = new ArrayList<>(idle);
      idle.clear();
    } finally {
      lock.unlock();
    }
    unused.forEach(open -> open.link.close());
  }
}
