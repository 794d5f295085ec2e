package dev.tandem.hybrid.internal.subscribe;

import dev.tandem.api.Position;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.streams.internal.entry.EntryId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What was read of streams a moment ago, for the others who come back at the same time: they need
 * not read it again.
 *
 * <p>Only pages that ended before the stream did are kept, for five seconds: nothing can be put
 * between their entries any more. Nobody is given what was read before it began to look: what it
 * has heard by then, such as that the channel has lost its log, may be younger than that.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class SharedPages {
  /** The most bytes of entries that are kept: {@value}. */
  static final long MOST_BYTES = 16 << 20;

  /** The most pages that are kept: {@value}. */
  static final int MOST_PAGES = 256;

  /** How long they are kept. */
  static final Duration LIFE = Duration.ofSeconds(5);

  private final LongSupplier nanoTime;
  private final Consumer<Runnable> afterLife;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Kept> kept = new ArrayDeque<>();
  private long bytes;

  /**
   * Keeps nothing yet.
   *
   * @param nanoTime tells the age of pages
   * @param afterLife runs a task a bit later than {@link #LIFE} from now
   */
  SharedPages(LongSupplier nanoTime, Consumer<Runnable> afterLife) {
    this.nanoTime = nanoTime;
    this.afterLife = afterLife;
  }

  private record Kept(RedisKey stream, String channel, EntryId from, EntryPage page, long asked) {
    boolean isOf(RedisKey ofStream, String ofChannel, long since) {
      return asked - since >= 0 && stream.equals(ofStream) && channel.equals(ofChannel);
    }
  }

  /** How many bytes of entries are kept now. */
  long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  /** The time by which {@code asked} and {@code since} are told. */
  long now() {
    return nanoTime.getAsLong();
  }

  /** This was read from this id on, and asked for then. */
  void keep(RedisKey stream, String channel, EntryId from, EntryPage page, long asked) {
    if (page.atEnd() || page.bytes() > MOST_BYTES) {
      return;
    }
    lock.lock();
    try {
      kept.addLast(new Kept(stream, channel, from, page, asked));
      bytes += page.bytes();
      forget();
    } finally {
      lock.unlock();
    }
    afterLife.accept(this::forgetOld);
  }

  /** They are not to stay when nobody comes any more. */
  private void forgetOld() {
    lock.lock();
    try {
      forget();
    } finally {
      lock.unlock();
    }
  }

  private void forget() {
    long now = now();
    Kept oldest = kept.peekFirst();
    while (oldest != null
        && (bytes > MOST_BYTES
            || kept.size() > MOST_PAGES
            || now - oldest.asked > LIFE.toNanos())) {
      kept.removeFirst();
      bytes -= oldest.page.bytes();
      oldest = kept.peekFirst();
    }
  }

  /** What comes from this id on, or null if that was not asked for since then. */
  @Nullable EntryPage from(RedisKey stream, String channel, EntryId from, long since) {
    lock.lock();
    try {
      forget();
      Iterator<Kept> newestFirst = kept.descendingIterator();
      while (newestFirst.hasNext()) {
        Kept one = newestFirst.next();
        if (one.isOf(stream, channel, since)
            && one.from.compareTo(from) <= 0
            && one.page.last().compareTo(from) >= 0) {
          return one.page.from(from);
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** The entry at this position, or null if it was not asked for since then. */
  @Nullable EntryId find(RedisKey stream, String channel, Position at, long since) {
    lock.lock();
    try {
      forget();
      for (Kept one : kept) {
        if (one.isOf(stream, channel, since)) {
          EntryId id = one.page.find(at);
          if (id != null) {
            return id;
          }
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }
}
