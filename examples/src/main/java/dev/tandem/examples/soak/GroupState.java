package dev.tandem.examples.soak;

import dev.tandem.api.MessageId;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.DeadLetter;
import dev.tandem.streams.DeadLetters;
import dev.tandem.tenant.GroupKeys;
import dev.tandem.tenant.KeyLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the server says of the group, asked without any part that is under test. */
final class GroupState {
  private final RedisConnection redis;
  private final GroupKeys keys;

  GroupState(RedisConnection redis) {
    this.redis = redis;
    this.keys =
        KeyLayout.of(redis).stream(Scenery.TENANT, Scenery.TOPIC.name()).group(Scenery.GROUP);
  }

  /** Whether everything in the stream was delivered, and nothing is pending or waits. */
  boolean isAtRest() {
    return unread() == 0 && pending() == 0 && waiting() == 0;
  }

  /** In a sentence, for when it does not come to rest. */
  String describe() {
    return "%s, %d pending, %d waiting for a retry"
        .formatted(unread() == 0 ? "all read" : "not all read", pending(), waiting());
  }

  private long unread() {
    String last = "";
    for (Object group : Replies.list(run("XINFO", "GROUPS", keys.stream().text()))) {
      Map<String, @Nullable Object> info = Replies.map(group);
      if (Scenery.GROUP.equals(Replies.textOrNull(info.get("name")))) {
        last = Replies.text(info.get("last-delivered-id"));
      }
    }
    Map<String, @Nullable Object> stream =
        Replies.map(run("XINFO", "STREAM", keys.stream().text()));
    return last.equals(Replies.text(Objects.requireNonNull(stream.get("last-generated-id"))))
        ? 0
        : 1;
  }

  private long pending() {
    return Replies.number(
        Replies.list(run("XPENDING", keys.stream().text(), Scenery.GROUP)).get(0));
  }

  private long waiting() {
    return Replies.number(run("ZCARD", keys.due().text()));
  }

  /** The numbers among the dead letters; repeated if they are there repeatedly. */
  List<Long> deadLetters() {
    DeadLetters letters = DeadLetters.of(redis);
    String topic = Scenery.TOPIC.name();
    List<Long> numbers = new ArrayList<>();
    List<DeadLetter> page =
        letters.list(Scenery.TENANT, topic, Scenery.GROUP, DeadLetters.MOST_LISTED);
    while (!page.isEmpty()) {
      page.forEach(letter -> numbers.add(number(letter)));
      MessageId last = page.get(page.size() - 1).id();
      page =
          letters.listAfter(Scenery.TENANT, topic, Scenery.GROUP, last, DeadLetters.MOST_LISTED);
    }
    return numbers;
  }

  private static long number(DeadLetter letter) {
    byte[] data = letter.fields().get("data");
    return data == null
        ? -1
        : Long.parseLong(new String(data, StandardCharsets.UTF_8));
  }

  private @Nullable Object run(String name, String... arguments) {
    Command command = Command.of(name);
    for (String argument : arguments) {
      command.arg(argument);
    }
    return redis.commands().execute(command.repeatable());
  }
}
