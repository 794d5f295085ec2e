package dev.tandem.streams;

import com.codahale.metrics.Counter;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.internal.dead.DeadStore;
import dev.tandem.streams.internal.dead.DeadTrimmer;
import dev.tandem.streams.internal.dead.DiscardRun;
import dev.tandem.streams.internal.dead.Fate;
import dev.tandem.streams.internal.dead.LetterWalk;
import dev.tandem.streams.internal.dead.ReplayRun;
import dev.tandem.tenant.GroupKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The messages that groups have given up. Each group has its own; what one group gives up, others
 * still get. Dead letters stay until someone removes them: they are never trimmed behind your back.
 *
 * <p><b>Replay.</b> A replayed message goes to the group that gave it up and to no other, even if
 * its stream was trimmed long ago: it moves to a stream that belongs to the group alone and that
 * the group's {@link StreamWorker}s and {@link StreamConsumer}s read beside their own. It keeps its
 * id, its data and its fields; its deliveries are counted anew, and each is a redelivery. In an
 * ordered group it takes its place among what is delivered now, not the one it had. If it is given
 * up again it is a new dead letter that counts its replays.
 *
 * <p><b>Guarantees.</b> Moving a letter and appending it to the replay stream is one step on the
 * server: a letter is either dead or replayed, never both and never neither, and a call that is
 * repeated because its reply was lost does nothing twice and gives back what it did. Where every
 * repeat failed too, an {@link dev.tandem.api.error.OutcomeUnknownException} says so; the letters
 * tell what happened.
 *
 * <p><b>Runs</b> over many letters look at those that are there when they begin, oldest first, so
 * that a letter that comes back meanwhile is left alone; they read 50 letters at a time and hold no
 * more. Letters that a {@link DeadLetterProcessor} looks at are left to it. A run that fails, or
 * whose filter throws, has done what it did until then. Interrupting the thread ends a run before
 * its next step, with the thread still interrupted.
 *
 * <p>Ids name dead letters, not messages ({@link DeadLetter#id}). Calls block for a round trip, and
 * runs for as long as they take; they throw {@link dev.tandem.api.error.MessagingException}s.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class DeadLetters {
  /** The most dead letters that one call lists. */
  public static final int MOST_LISTED = 10_000;

  static final String REPLAYED = "tandem.streams.dead-letters.replayed";
  static final String DISCARDED = "tandem.streams.dead-letters.discarded";
  private static final String TRIMMED = "tandem.streams.dead-letters.trimmed";

  private static final String OLDEST = "-";
  private static final String NEWEST = "+";

  private final RedisConnection redis;
  private final KeyLayout keys;
  private final Counter replayed;
  private final Counter discarded;
  private final Counter trimmed;

  private DeadLetters(RedisConnection redis) {
    this.redis = redis;
    this.keys = KeyLayout.of(redis);
    this.replayed = redis.metrics().counter(REPLAYED);
    this.discarded = redis.metrics().counter(DISCARDED);
    this.trimmed = redis.metrics().counter(TRIMMED);
  }

  /** The dead letters that can be reached over this connection. */
  public static DeadLetters of(RedisConnection redis) {
    return new DeadLetters(Require.notNull("redis", redis));
  }

  /** How many dead letters the group has. */
  public long count(Tenant tenant, String topicName, String group) {
    return store(tenant, topicName, group).count();
  }

  /**
   * How many dead letters of the group the filter accepts: what {@link #discardAll(Tenant, String,
   * String, Predicate)} would delete. Reads all of them.
   */
  public long count(
      Tenant tenant, String topicName, String group, Predicate<? super DeadLetter> filter) {
    Require.notNull("filter", filter);
    LetterWalk walk = new LetterWalk(store(tenant, topicName, group));
    long accepted = 0;
    for (List<DeadLetter> page = walk.next(); !page.isEmpty(); page = walk.next()) {
      accepted += page.stream().filter(filter).count();
    }
    return accepted;
  }

  /**
   * The group's dead letters, oldest first.
   *
   * @param limit the most to give back, 1 to {@value #MOST_LISTED}; a letter may be large
   */
  public List<DeadLetter> list(Tenant tenant, String topicName, String group, int limit) {
    return store(tenant, topicName, group).range(OLDEST, NEWEST, checkLimit(limit));
  }

  /**
   * The next page of the group's dead letters, oldest first.
   *
   * @param after the id of the last letter of the page before; it need not be there any more
   * @param limit the most to give back, 1 to {@value #MOST_LISTED}
   */
  public List<DeadLetter> listAfter(
      Tenant tenant, String topicName, String group, MessageId after, int limit) {
    String from = "(" + checkId(after);
    return store(tenant, topicName, group).range(from, NEWEST, checkLimit(limit));
  }

  /**
   * The group's dead letters, newest first.
   *
   * @param limit the most to give back, 1 to {@value #MOST_LISTED}
   */
  public List<DeadLetter> listNewest(Tenant tenant, String topicName, String group, int limit) {
    return store(tenant, topicName, group).reverseRange(NEWEST, OLDEST, checkLimit(limit));
  }

  /**
   * The next page of the group's dead letters, newest first.
   *
   * @param before the id of the last letter of the page before; it need not be there any more
   * @param limit the most to give back, 1 to {@value #MOST_LISTED}
   */
  public List<DeadLetter> listBefore(
      Tenant tenant, String topicName, String group, MessageId before, int limit) {
    String from = "(" + checkId(before);
    return store(tenant, topicName, group).reverseRange(from, OLDEST, checkLimit(limit));
  }

  /** The dead letter of this id, if it is there. */
  public Optional<DeadLetter> find(Tenant tenant, String topicName, String group, MessageId id) {
    String at = checkId(id);
    return store(tenant, topicName, group).range(at, at, 1).stream().findFirst();
  }

  /**
   * The dead letter of the message that had this id in its stream, if there is one. Reads the dead
   * letters until it is found.
   */
  public Optional<DeadLetter> findOriginal(
      Tenant tenant, String topicName, String group, MessageId originalId) {
    Require.notNull("originalId", originalId);
    LetterWalk walk = new LetterWalk(store(tenant, topicName, group));
    for (List<DeadLetter> page = walk.next(); !page.isEmpty(); page = walk.next()) {
      for (DeadLetter letter : page) {
        if (letter.originalId().equals(originalId)) {
          return Optional.of(letter);
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Replays one dead letter, however often it was replayed before and whoever looks at it.
   *
   * @throws InvalidValueException if there is no such dead letter, or its data was lost
   */
  public void replay(Tenant tenant, String topicName, String group, MessageId id) {
    DeadStore store = store(tenant, topicName, group);
    Fate fate = store.replay(List.of(checkId(id)), DeadStore.ANYBODY, Long.MAX_VALUE).get(0);
    if (fate == Fate.WITHOUT_DATA) {
      throw new InvalidValueException(
          "dead letter id", id.value(), "its data was lost, so that it cannot be replayed");
    }
    checkFound(fate, store, id);
    replayed.inc();
  }

  /** Replays the group's dead letters as the options say. */
  public ReplayResult replayAll(
      Tenant tenant, String topicName, String group, ReplayOptions options) {
    Require.notNull("options", options);
    return new ReplayRun(store(tenant, topicName, group), options, replayed).run();
  }

  /** Replays the group's dead letters with {@link ReplayOptions#defaults()}. */
  public ReplayResult replayAll(Tenant tenant, String topicName, String group) {
    return replayAll(tenant, topicName, group, ReplayOptions.defaults());
  }

  /**
   * Deletes one dead letter for good, whoever looks at it.
   *
   * @throws InvalidValueException if there is no such dead letter
   */
  public void discard(Tenant tenant, String topicName, String group, MessageId id) {
    DeadStore store = store(tenant, topicName, group);
    checkFound(store.discard(List.of(checkId(id)), DeadStore.ANYBODY).get(0), store, id);
    discarded.inc();
  }

  /**
   * Deletes the dead letters that the filter accepts for good.
   *
   * @param filter called on this thread, with each letter once
   */
  public DiscardResult discardAll(
      Tenant tenant, String topicName, String group, Predicate<? super DeadLetter> filter) {
    Require.notNull("filter", filter);
    return new DiscardRun(store(tenant, topicName, group), filter, discarded).run();
  }

  /** Deletes all dead letters of the group for good. */
  public DiscardResult discardAll(Tenant tenant, String topicName, String group) {
    return discardAll(tenant, topicName, group, letter -> true);
  }

  /**
   * Deletes the dead letters that are over the retention, also those that a processor looks at.
   * Nothing is ever trimmed but by this call.
   *
   * @return how many were deleted; fewer than there were if a reply was lost on the way
   */
  public long trim(Tenant tenant, String topicName, String group, DeadLetterRetention retention) {
    GroupKeys groupKeys = keys.stream(checkTenant(tenant), topicName).group(group);
    long deleted = DeadTrimmer.trim(redis, groupKeys, Require.notNull("retention", retention));
    trimmed.inc(deleted);
    return deleted;
  }

  private DeadStore store(Tenant tenant, String topicName, String group) {
    return new DeadStore(redis, keys.stream(checkTenant(tenant), topicName).group(group));
  }

  private static Tenant checkTenant(Tenant tenant) {
    return Require.notNull("tenant", tenant);
  }

  private static int checkLimit(int limit) {
    return Require.inRange("limit", limit, 1, MOST_LISTED);
  }

  private static String checkId(MessageId id) {
    return DeadStore.checkId(Require.notNull("dead letter id", id).value());
  }

  private static void checkFound(Fate fate, DeadStore store, MessageId id) {
    if (fate == Fate.MISSING) {
      throw new InvalidValueException("dead letter id", id.value(), "must be one of the " + store);
    }
  }
}
