package dev.tandem.streams.internal.turn;

import dev.tandem.api.error.ClosedException;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whose turn it is when: each comes about once in an interval, and again at once while there is
 * more to do for it. One call works for {@value #MOST_MILLIS} ms or little more; the next one goes
 * on. For one thread.
 *
 * @param <T> who gets a turn; in words for the log
 */
public final class TurnAgenda<T> {
  private static final Logger LOG = LoggerFactory.getLogger(TurnAgenda.class);
  private static final long MOST_MILLIS = 20;

  /** What is done in a turn. */
  @FunctionalInterface
  public interface Work<T> {
    /**
     * Does some of it.
     *
     * @param goesOn whether the turn before did not come to an end
     * @return whether there is more to do
     */
    boolean doSome(T of, boolean goesOn);
  }

  private final long everyNanos;

  /** So much early, so that the thread wakes for many at a time. */
  private final long earlyNanos;

  private final RandomGenerator random;
  private final PriorityQueue<Turn<T>> turns =
      new PriorityQueue<>(Comparator.comparing(turn -> turn.at, (a, b) -> Long.signum(a - b)));

  /** An agenda of turns that come from half of this interval to all of it after each other. */
  public TurnAgenda(Duration every, RandomGenerator random) {
    this.everyNanos = every.toNanos();
    this.earlyNanos = everyNanos / 40;
    this.random = random;
  }

  /** Gives turns to this one too. */
  public void add(T of) {
    turns.add(new Turn<>(of, later()));
  }

  /** Gives no turns to this one any more. */
  public void remove(T of) {
    turns.removeIf(turn -> turn.of == of);
  }

  // Jittered, so that it is not always the same process that comes too late.
  private long later() {
    long half = everyNanos / 2;
    return System.nanoTime() + half + random.nextLong(half);
  }

  /** In how many nanoseconds something is due. */
  public long untilNext() {
    Turn<T> first = turns.peek();
    return first == null ? Long.MAX_VALUE : Math.max(0, first.at - System.nanoTime());
  }

  /**
   * Does what is due.
   *
   * @throws ClosedException if the connection was closed; whatever else fails is tried again
   */
  public void runDue(Work<? super T> work) {
    long now = System.nanoTime();
    long until = now + TimeUnit.MILLISECONDS.toNanos(MOST_MILLIS);
    Turn<T> next = turns.peek();
    while (next != null && next.at - now <= earlyNanos && until - System.nanoTime() > 0) {
      turns.remove();
      boolean goesOn = false;
      try {
        goesOn = work.doSome(next.of, next.goesOn);
      } catch (ClosedException e) {
        throw e;
      } catch (RuntimeException | Error e) {
        LOG.debug("{} failed in its turn, will be tried again", next.of, e);
      } finally {
        next.goesOn = goesOn;
        next.at = goesOn ? System.nanoTime() : later();
        turns.add(next);
      }
      next = turns.peek();
    }
  }

  /** Who comes when. */
  private static final class Turn<T> {
    final T of;
    long at;
    boolean goesOn;

    Turn(T of, long at) {
      this.of = of;
      this.at = at;
    }
  }
}
