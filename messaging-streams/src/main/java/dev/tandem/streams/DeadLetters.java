package dev.tandem.streams;

import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.DeadLetterFormat;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.List;

/**
 * The messages that groups have given up. Each group has its own; what one group gives up, others
 * still get. Dead letters stay until someone removes them: they are never trimmed behind your back.
 *
 * <p>Calls block for a round trip and throw {@link dev.tandem.api.error.MessagingException}s.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class DeadLetters {
  /** The most dead letters that one call lists. */
  public static final int MOST_LISTED = 10_000;

  private final RedisConnection redis;
  private final KeyLayout keys;

  private DeadLetters(RedisConnection redis) {
    this.redis = redis;
    this.keys = KeyLayout.of(redis);
  }

  /** The dead letters that can be reached over this connection. */
  public static DeadLetters of(RedisConnection redis) {
    return new DeadLetters(Require.notNull("redis", redis));
  }

  /** How many dead letters the group has. */
  public long count(Tenant tenant, String topicName, String group) {
    Command length =
        Command.of("XLEN").key(keys.stream(tenant, topicName).group(group).dead()).repeatable();
    return Replies.number(redis.commands().execute(length));
  }

  /**
   * The group's dead letters, oldest first.
   *
   * @param limit the most to give back, 1 to {@value #MOST_LISTED}
   */
  public List<DeadLetter> list(Tenant tenant, String topicName, String group, int limit) {
    Require.inRange("limit", limit, 1, MOST_LISTED);
    Command range =
        Command.of("XRANGE")
            .key(keys.stream(tenant, topicName).group(group).dead())
            .arg("-")
            .arg("+")
            .arg("COUNT")
            .arg(limit)
            .repeatable();
    List<DeadLetter> letters = new ArrayList<>();
    for (Object entry : Replies.list(redis.commands().execute(range))) {
      letters.add(DeadLetterFormat.read(RawEntry.of(entry)));
    }
    return List.copyOf(letters);
  }
}
