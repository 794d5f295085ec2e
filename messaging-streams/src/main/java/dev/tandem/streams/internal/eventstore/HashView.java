package dev.tandem.streams.internal.eventstore;

import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.eventstore.ProjectionView;
import dev.tandem.streams.eventstore.ViewUpdate;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A view that is one hash. */
public final class HashView implements ProjectionView {
  private final RedisConnection redis;
  private final RedisKey key;

  /** The view under this key. */
  public HashView(RedisConnection redis, RedisKey key) {
    this.redis = redis;
    this.key = key;
  }

  @Override
  public Optional<String> get(String field) {
    Command get = Command.of("HGET").key(key).arg(checked(field)).repeatable();
    return Optional.ofNullable(Replies.textOrNull(redis.commands().execute(get)));
  }

  @Override
  public Map<String, String> get(Collection<String> fields) {
    Require.inRange("number of view fields", fields.size(), 0, MOST_FIELDS);
    Map<String, String> found = new LinkedHashMap<>();
    if (fields.isEmpty()) {
      return found;
    }
    Command get = Command.of("HMGET").key(key).repeatable();
    List<String> wanted = List.copyOf(fields);
    wanted.forEach(field -> get.arg(checked(field)));
    List<@Nullable Object> values = Replies.list(redis.commands().execute(get));
    for (int i = 0; i < wanted.size(); i++) {
      if (values.get(i) != null) {
        found.put(wanted.get(i), Replies.text(values.get(i)));
      }
    }
    return found;
  }

  @Override
  public long size() {
    return Replies.number(redis.commands().execute(Command.of("HLEN").key(key).repeatable()));
  }

  private static String checked(String field) {
    return Require.text("view field", field, 1, ViewUpdate.MAX_FIELD);
  }
}
