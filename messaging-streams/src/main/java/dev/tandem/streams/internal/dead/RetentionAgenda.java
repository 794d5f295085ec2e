package dev.tandem.streams.internal.dead;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.streams.DeadLetterRetention;
import dev.tandem.tenant.GroupKeys;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When which groups' dead letters are to be looked at that may be kept no longer: at intervals, by
 * one worker at a time, if as many are there as a retention may find too many. One call works for
 * {@value #MOST_MILLIS} ms or little more; the next one goes on. For one thread.
 */
public final class RetentionAgenda {
  private static final Logger LOG = LoggerFactory.getLogger(RetentionAgenda.class);
  private static final long MOST_MILLIS = 20;
  private static final long AT_A_TIME = 4_000;

  private final RedisConnection redis;
  private final DeadLetterRetention retention;
  private final Duration every;
  private final RandomGenerator random;
  private final DeadTrimmer trimmer;

  /** Fewer letters than this are kept whatever their age. */
  private final long keptAnyway;

  private final PriorityQueue<Turn> turns =
      new PriorityQueue<>(Comparator.comparing(turn -> turn.at, (a, b) -> Long.signum(a - b)));

  /** An agenda without groups that has each looked at about so often. */
  public RetentionAgenda(
      RedisConnection redis,
      DeadLetterRetention retention,
      Duration every,
      RandomGenerator random) {
    this.redis = redis;
    this.retention = retention;
    this.every = every;
    this.random = random;
    this.trimmer = new DeadTrimmer(redis);
    this.keptAnyway = retention.maxAge().isPresent() ? 0 : retention.maxCount().orElse(-1);
  }

  /**
   * Has this group's letters looked at too; before anything else is called.
   *
   * @param count how many letters it has as far as is known, or less than 0
   */
  public void add(GroupKeys keys, LongSupplier count) {
    if (keptAnyway >= 0) {
      Turn turn = new Turn(keys, count);
      turn.at = later();
      turns.add(turn);
    }
  }

  // Jittered, so that it is not always the same worker that comes too late.
  private long later() {
    long half = every.toNanos() / 2;
    return System.nanoTime() + half + random.nextLong(half);
  }

  /** In how many nanoseconds something is due. */
  public long untilNext() {
    Turn first = turns.peek();
    return first == null ? Long.MAX_VALUE : Math.max(0, first.at - System.nanoTime());
  }

  /**
   * Looks at those that are due.
   *
   * @throws ClosedException if the connection was closed; whatever else fails is tried again
   */
  public void trimDue() {
    long now = System.nanoTime();
    long until = now + TimeUnit.MILLISECONDS.toNanos(MOST_MILLIS);
    Turn next = turns.peek();
    while (next != null && next.at - now <= 0 && until - System.nanoTime() > 0) {
      turns.remove();
      boolean goesOn = false;
      try {
        goesOn = (next.goesOn || (isWorthIt(next) && isOurTurn(next.keys))) && trim(next.keys);
      } catch (ClosedException e) {
        throw e;
      } catch (RuntimeException | Error e) {
        LOG.debug("dead letters of {} could not be trimmed, will be tried again", next.keys, e);
      } finally {
        next.goesOn = goesOn;
        next.at = goesOn ? System.nanoTime() : later();
        turns.add(next);
      }
      next = turns.peek();
    }
  }

  private boolean isWorthIt(Turn turn) {
    return turn.count.getAsLong() > keptAnyway;
  }

  // A lost reply costs one turn. Who is out of memory needs it most, and cannot be asked.
  private boolean isOurTurn(GroupKeys keys) {
    Command turn =
        Command.of("SET").key(keys.deadTurn()).arg("1").arg("NX").arg("PX").arg(every.toMillis());
    try {
      return redis.commands().execute(turn) != null;
    } catch (MessagingException e) {
      if (e.code() == ErrorCode.OUT_OF_MEMORY) {
        return true;
      }
      throw e;
    }
  }

  /** Deletes some; whether there are more. */
  private boolean trim(GroupKeys keys) {
    DeadTrimmer.Done done = trimmer.trim(keys, retention, AT_A_TIME);
    if (done.deleted() > 0) {
      LOG.info("{}: {} dead letters were kept no longer: {}", keys, done.deleted(), retention);
    }
    return !done.complete();
  }

  /** When a group's letters are to be looked at next. */
  private static final class Turn {
    final GroupKeys keys;
    final LongSupplier count;
    long at;
    boolean goesOn;

    Turn(GroupKeys keys, LongSupplier count) {
      this.keys = keys;
      this.count = count;
    }
  }
}
