package dev.tandem.streams.internal.dead;

import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.DeadLetter;
import dev.tandem.streams.internal.entry.DeadLetterFormat;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.tenant.GroupKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The dead letters of one group, as commands and as read replies. Every call may be repeated when
 * its reply is lost, and then gives back what it did the first time.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class DeadStore {
  /** Whoever may pass over the claims of processors. */
  public static final String ANYBODY = "*";

  /** How many letters are read at a time where all are looked through; each may be large. */
  static final int PAGE = 50;

  /** The most letters that one call of a script passes over, or works on. */
  private static final int MOST = 100;

  private final CommandExecutor executor;
  private final GroupKeys keys;

  /** The dead letters under these keys. */
  public DeadStore(RedisConnection redis, GroupKeys keys) {
    this.executor = redis.commands();
    this.keys = keys;
  }

  /** A name for somebody who claims letters, or for one call; never the same twice. */
  static String newName() {
    return ConsumerName.unique("dead");
  }

  /** How many there are. */
  public long count() {
    return Replies.number(executor.execute(Command.of("XLEN").key(keys.dead()).repeatable()));
  }

  /** Letters between two ids, ends as XRANGE takes them, oldest first. */
  public List<DeadLetter> range(String from, String to, int limit) {
    return read("XRANGE", from, to, limit);
  }

  /** Letters between two ids, ends as XREVRANGE takes them, newest first. */
  public List<DeadLetter> reverseRange(String from, String to, int limit) {
    return read("XREVRANGE", from, to, limit);
  }

  /** The id of the newest letter, or null. */
  @Nullable String newest() {
    List<DeadLetter> newest = reverseRange("+", "-", 1);
    return newest.isEmpty() ? null : newest.get(0).id().value();
  }

  /** What became of each; more than one call where there are many. */
  public List<Fate> replay(List<String> ids, String holder, long mostReplays) {
    return inParts(
        ids,
        part -> {
          Command command =
              DeadScripts.REPLAY
                  .call(keys.dead(), keys.replay().stream(), keys.claims(), receipt())
                  .arg(keys.group())
                  .arg(holder)
                  .arg(mostReplays);
          part.forEach(command::arg);
          return command;
        });
  }

  /** What became of each; more than one call where there are many. */
  public List<Fate> discard(List<String> ids, String holder) {
    return inParts(
        ids,
        part -> {
          Command command =
              DeadScripts.DISCARD.call(keys.dead(), keys.claims(), receipt()).arg(holder);
          part.forEach(command::arg);
          return command;
        });
  }

  /**
   * The next letter that was free to be claimed.
   *
   * @param next where to look next, or empty if there is no more
   * @param letter the letter, or null if those looked at were all taken
   */
  record Claimed(String next, @Nullable DeadLetter letter) {}

  Claimed claim(String holder, Duration lease, String from, String to) {
    Command command =
        DeadScripts.CLAIM
            .call(keys.dead(), keys.claims())
            .arg(holder)
            .arg(lease.toMillis())
            .arg(from)
            .arg(to)
            .arg(MOST)
            .repeatable();
    List<@Nullable Object> reply = Replies.list(executor.execute(command));
    DeadLetter letter =
        reply.size() < 3
            ? null
            : DeadLetterFormat.read(RawEntry.of(Replies.text(reply.get(1)), reply.get(2)));
    return new Claimed(Replies.text(reply.get(0)), letter);
  }

  void release(String holder, String id) {
    executor.execute(DeadScripts.RELEASE.call(keys.claims()).arg(holder).arg(id).repeatable());
  }

  /** The id as the server writes it; refuses what is none. */
  public static String checkId(String id) {
    return EntryId.parse(id).toString();
  }

  @Override
  public String toString() {
    return "dead letters of " + keys;
  }

  private RedisKey receipt() {
    return keys.receipt(newName());
  }

  private List<DeadLetter> read(String command, String from, String to, int limit) {
    Command range =
        Command.of(command).key(keys.dead()).arg(from).arg(to).arg("COUNT").arg(limit).repeatable();
    List<DeadLetter> letters = new ArrayList<>();
    for (Object entry : Replies.list(executor.execute(range))) {
      letters.add(DeadLetterFormat.read(RawEntry.of(entry)));
    }
    return List.copyOf(letters);
  }

  // A script may end early, where the server refuses to write; the next call then tells why.
  private List<Fate> inParts(List<String> ids, Function<List<String>, Command> call) {
    List<Fate> fates = new ArrayList<>();
    while (fates.size() < ids.size()) {
      int end = Math.min(ids.size(), fates.size() + MOST);
      Command command = call.apply(ids.subList(fates.size(), end));
      fates.addAll(Fate.list(executor.execute(command.repeatable())));
    }
    return fates;
  }
}
