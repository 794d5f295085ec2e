package dev.tandem.streams.internal.dead;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.streams.DeadLetterRetention;
import dev.tandem.streams.internal.turn.TurnAgenda;
import dev.tandem.tenant.GroupKeys;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When which groups' dead letters are to be looked at that may be kept no longer: at intervals, by
 * one worker at a time, if as many are there as a retention may find too many. For one thread.
 */
public final class RetentionAgenda {
  private static final Logger LOG = LoggerFactory.getLogger(RetentionAgenda.class);
  private static final long AT_A_TIME = 4_000;

  private final RedisConnection redis;
  private final DeadLetterRetention retention;
  private final Duration every;
  private final DeadTrimmer trimmer;

  /** Fewer letters than this are kept whatever their age. */
  private final long keptAnyway;

  private final TurnAgenda<Letters> turns;
  private final Map<String, Letters> known = new HashMap<>();

  /** An agenda without groups that has each looked at about so often. */
  public RetentionAgenda(
      RedisConnection redis,
      DeadLetterRetention retention,
      Duration every,
      RandomGenerator random) {
    this.redis = redis;
    this.retention = retention;
    this.every = every;
    this.trimmer = new DeadTrimmer(redis);
    this.keptAnyway = retention.maxAge().isPresent() ? 0 : retention.maxCount().orElse(-1);
    this.turns = new TurnAgenda<>(every, random);
  }

  /**
   * Has this group's letters looked at too.
   *
   * @param count how many letters it has as far as is known, or less than 0
   */
  public void add(GroupKeys keys, LongSupplier count) {
    if (keptAnyway >= 0) {
      Letters letters = new Letters(keys, count);
      known.put(keys.dead().text(), letters);
      turns.add(letters);
    }
  }

  /** Looks at this group's letters no more. */
  public void remove(GroupKeys keys) {
    Letters letters = known.remove(keys.dead().text());
    if (letters != null) {
      turns.remove(letters);
    }
  }

  /** In how many nanoseconds something is due. */
  public long untilNext() {
    return turns.untilNext();
  }

  /**
   * Looks at those that are due, for some milliseconds; the next call goes on.
   *
   * @throws ClosedException if the connection was closed; whatever else fails is tried again
   */
  public void trimDue() {
    turns.runDue(
        (letters, goesOn) ->
            (goesOn || (isWorthIt(letters) && isOurTurn(letters.keys))) && trim(letters.keys));
  }

  private boolean isWorthIt(Letters letters) {
    return letters.count.getAsLong() > keptAnyway;
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

  /** A group's dead letters, and how many there are as far as is known. */
  private record Letters(GroupKeys keys, LongSupplier count) {
    @Override
    public String toString() {
      return "trimming the dead letters of " + keys;
    }
  }
}
