package dev.tandem.streams.internal.admin;

import dev.tandem.api.MessageId;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.DeadLetterReason;
import dev.tandem.streams.GroupStanding;
import dev.tandem.streams.MessageReport;
import dev.tandem.streams.MessageState;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.tenant.GroupKeys;
import dev.tandem.tenant.StreamKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Finds out where one message stands. */
public final class Explainer {
  /** The most calls that look through one group's dead letters or replays, each for 500 at most. */
  private static final int MOST_PAGES = 40;

  private static final int PAGE = 500;

  /** Dead letters bear the time of their move, by a clock that a failover may have set back. */
  private static final long CLOCK_SLACK_MILLIS = 600_000;

  private final CommandExecutor executor;
  private final StreamKeys keys;
  private final String topic;

  /** Explains messages of this stream. */
  public Explainer(CommandExecutor executor, StreamKeys keys, String topic) {
    this.executor = executor;
    this.keys = keys;
    this.topic = topic;
  }

  /** Where the message stands. */
  public MessageReport explain(EntryId id) {
    StreamState state = StreamState.of(executor, keys);
    List<GroupKeys> groups =
        state.groups().stream()
            .map(group -> keysOf(group.name()))
            .flatMap(Optional::stream)
            .toList();
    List<@Nullable Object> reply = Replies.list(executor.execute(command(id, groups)));
    boolean present = Replies.number(reply.get(0)) > 0;
    if (EntryId.parse(Replies.text(reply.get(1))).compareTo(id) < 0) {
      throw unknown(id);
    }
    List<GroupStanding> standings = new ArrayList<>();
    for (Object row : Replies.list(reply.get(4))) {
      standings.add(standing(id, present, state, Replies.list(row)));
    }
    if (!present
        && wasNeverThere(id, state, reply)
        && standings.stream().noneMatch(Explainer::isTrace)) {
      throw unknown(id);
    }
    return new MessageReport(MessageId.of(id.toString()), topic, present, standings);
  }

  /** Empty for a group made by other means, under a name that Tandem has no keys for. */
  private Optional<GroupKeys> keysOf(String group) {
    try {
      return Optional.of(keys.group(group));
    } catch (InvalidValueException e) {
      return Optional.empty();
    }
  }

  private Command command(EntryId id, List<GroupKeys> groups) {
    RedisKey[] all = new RedisKey[groups.size() + 1];
    all[0] = keys.stream();
    for (int i = 0; i < groups.size(); i++) {
      all[i + 1] = groups.get(i).due();
    }
    Command command = AdminScripts.EXPLAIN.call(all).arg(id.toString()).arg(ConsumerName.PARKED);
    groups.forEach(group -> command.arg(group.group()));
    return command.repeatable();
  }

  private InvalidValueException unknown(EntryId id) {
    return new InvalidValueException(
        "message id", id.toString(), "must be that of a message published to " + keys);
  }

  /**
   * Whether the id lies where nothing was ever removed. A stream that was loaded from what Redis
   * 6.2 wrote says of itself that nothing was: what trimming wrote down may know better.
   */
  private static boolean wasNeverThere(
      EntryId id, StreamState state, List<@Nullable Object> reply) {
    if (Replies.number(reply.get(5)) == 1 && state.accounted("removed") == 0) {
      return true;
    }
    String first = Replies.text(reply.get(2));
    String deleted = Replies.text(reply.get(3));
    return !first.isEmpty()
        && EntryId.parse(first).compareTo(id) < 0
        && !deleted.isEmpty()
        && EntryId.parse(deleted).compareTo(id) < 0;
  }

  private static boolean isTrace(GroupStanding standing) {
    return standing.idle() != null
        || standing.deadLetterId() != null
        || standing.replayId() != null;
  }

  private GroupStanding standing(
      EntryId id, boolean present, StreamState state, List<@Nullable Object> row) {
    String group = Replies.text(row.get(0));
    EntryId delivered = EntryId.parse(Replies.text(row.get(1)));
    String consumer = Replies.text(row.get(2));
    if (!consumer.isEmpty()) {
      return new GroupStanding(
          group,
          present ? Members.stateOf(consumer) : MessageState.LOST,
          true,
          consumer,
          Replies.number(row.get(4)),
          Duration.ofMillis(Replies.number(row.get(3))),
          Members.time(row.get(5)),
          null,
          null,
          null);
    }
    GroupStanding givenUp = present || id.compareTo(delivered) <= 0 ? givenUp(id, group) : null;
    if (givenUp != null && givenUp.certain()) {
      return givenUp;
    }
    if (id.compareTo(delivered) > 0) {
      return present
          ? plain(group, MessageState.NOT_READ, true)
          : plain(group, MessageState.LOST, isInLostRange(id, state, group));
    }
    if (isInLostRange(id, state, group) && !present) {
      return plain(group, MessageState.LOST, true);
    }
    return givenUp != null ? givenUp : plain(group, MessageState.ACKNOWLEDGED, present);
  }

  private static GroupStanding plain(String group, MessageState state, boolean certain) {
    return new GroupStanding(group, state, certain, "", 0, null, null, null, null, null);
  }

  private static boolean isInLostRange(EntryId id, StreamState state, String group) {
    EntryId from = state.accountedId("lost-from:" + group);
    EntryId to = state.accountedId("lost-to:" + group);
    return from != null && to != null && id.compareTo(from) >= 0 && id.compareTo(to) < 0;
  }

  /**
   * What the group has given up and not let go of: a dead letter or a replay. Unknown if there are
   * too many to tell, null if there is neither. Replays are looked through before and after, so
   * that what moves meanwhile is met on one side at least.
   */
  private @Nullable GroupStanding givenUp(EntryId id, String group) {
    GroupKeys of = keys.group(group);
    GroupStanding replay = find(id, group, from -> findReplay(of, from, id), Explainer::replay);
    if (replay != null && replay.certain()) {
      return replay;
    }
    GroupStanding dead = find(id, group, from -> findDead(of, from, id), Explainer::deadLetter);
    if (dead != null && dead.certain()) {
      return dead;
    }
    GroupStanding moved = find(id, group, from -> findReplay(of, from, id), Explainer::replay);
    return moved != null ? moved : dead != null ? dead : replay;
  }

  private @Nullable GroupStanding find(
      EntryId id,
      String group,
      Function<String, Command> page,
      BiFunction<String, List<@Nullable Object>, GroupStanding> found) {
    String from = firstAfter(id);
    for (int pages = 0; pages < MOST_PAGES; pages++) {
      List<@Nullable Object> reply = Replies.list(executor.execute(page.apply(from)));
      if (reply.size() > 1) {
        return found.apply(group, reply);
      }
      from = Replies.text(reply.get(0));
      if (from.isEmpty()) {
        return null;
      }
    }
    return plain(group, MessageState.UNKNOWN, false);
  }

  /** Where what a message became can begin: ids there are times of the server's. */
  private static String firstAfter(EntryId id) {
    long time =
        Long.compareUnsigned(id.millis(), CLOCK_SLACK_MILLIS) < 0
            ? 0
            : id.millis() - CLOCK_SLACK_MILLIS;
    return new EntryId(time, 0).toString();
  }

  private static Command findDead(GroupKeys group, String from, EntryId id) {
    return AdminScripts.FIND_DEAD
        .call(group.dead())
        .arg(from)
        .arg(id.toString())
        .arg(PAGE)
        .arg(AdminScripts.MOST_BYTES)
        .repeatable();
  }

  private static Command findReplay(GroupKeys group, String from, EntryId id) {
    GroupKeys replay = group.replay();
    return AdminScripts.FIND_REPLAY
        .call(replay.stream(), replay.due())
        .arg(from)
        .arg(id.toString())
        .arg(PAGE)
        .arg(AdminScripts.MOST_BYTES)
        .arg(group.group())
        .arg(ConsumerName.PARKED)
        .repeatable();
  }

  private static GroupStanding replay(String group, List<@Nullable Object> entry) {
    String consumer = Replies.text(entry.get(2));
    boolean taken = !consumer.isEmpty();
    return new GroupStanding(
        group,
        taken ? Members.stateOf(consumer) : MessageState.REPLAYED,
        true,
        consumer,
        Replies.number(entry.get(4)),
        taken ? Duration.ofMillis(Replies.number(entry.get(3))) : null,
        Members.time(entry.get(5)),
        null,
        null,
        MessageId.of(Replies.text(entry.get(1))));
  }

  private static GroupStanding deadLetter(String group, List<@Nullable Object> letter) {
    String reason = Replies.text(letter.get(2));
    return new GroupStanding(
        group,
        MessageState.DEAD_LETTERED,
        true,
        Replies.text(letter.get(4)),
        Replies.number(letter.get(3)),
        null,
        null,
        MessageId.of(Replies.text(letter.get(1))),
        Arrays.stream(DeadLetterReason.values())
            .filter(known -> known.name().equals(reason))
            .findFirst()
            .orElse(null),
        null);
  }
}
