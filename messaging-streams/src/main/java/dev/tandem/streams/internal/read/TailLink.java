package dev.tandem.streams.internal.read;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.RedisKey;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A connection that is opened anew when it broke, and that any thread may close for good. */
final class TailLink implements AutoCloseable {
  /** The longest that one command blocks on the server. */
  static final Duration LONGEST_BLOCK = Duration.ofSeconds(1);

  private static final Duration REPLY_TIMEOUT = LONGEST_BLOCK.plusSeconds(4);

  private final RedisConnection redis;
  private final RedisKey routingKey;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition closing = lock.newCondition();
  private @Nullable DedicatedLink link;
  private boolean closed;

  TailLink(RedisConnection redis, RedisKey routingKey) {
    this.redis = redis;
    this.routingKey = routingKey;
  }

  /** Sends commands over the connection as it is, or over a new one if it is broken. */
  List<@Nullable Object> executeAll(List<Command> commands) {
    return connected().executeAll(commands);
  }

  /** Sends one command. */
  @Nullable Object execute(Command command) {
    return connected().execute(command);
  }

  private DedicatedLink connected() {
    DedicatedLink current = current();
    if (current != null && !current.isBroken()) {
      return current;
    }
    if (current != null) {
      current.close();
    }
    DedicatedLink opened = redis.openDedicated(routingKey, REPLY_TIMEOUT);
    lock.lock();
    try {
      if (!closed) {
        link = opened;
        return opened;
      }
    } finally {
      lock.unlock();
    }
    opened.close();
    throw new ClosedException("the tail is closed");
  }

  private @Nullable DedicatedLink current() {
    lock.lock();
    try {
      if (closed) {
        throw new ClosedException("the tail is closed");
      }
      return link;
    } finally {
      lock.unlock();
    }
  }

  /** Waits, but not beyond being closed. */
  void pause(long nanos) throws InterruptedException {
    long left = nanos;
    lock.lock();
    try {
      while (!closed && left > 0) {
        left = closing.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** The error, or that the tail is closed if that is what cut its command off. */
  MessagingException explained(MessagingException error) {
    lock.lock();
    try {
      return closed ? new ClosedException("the tail is closed") : error;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    DedicatedLink current;
    lock.lock();
    try {
      closed = true;
      current = link;
      link = null;
      closing.signalAll();
    } finally {
      lock.unlock();
    }
    if (current != null) {
      current.close();
    }
  }
}
