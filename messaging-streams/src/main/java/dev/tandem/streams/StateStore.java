package dev.tandem.streams;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the state that {@link TransactionalHandler}s keep, from outside of them: always what was
 * committed, and of one call's fields always what was committed together.
 *
 * <p>Calls block for a round trip and throw {@link dev.tandem.api.error.MessagingException}s.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class StateStore {
  /** The most fields that one call reads: {@value}. */
  public static final int MOST_READ = 10_000;

  private final RedisConnection redis;
  private final KeyLayout keys;

  private StateStore(RedisConnection redis) {
    this.redis = redis;
    this.keys = KeyLayout.of(redis);
  }

  /** The state that can be reached over this connection. */
  public static StateStore of(RedisConnection redis) {
    return new StateStore(Require.notNull("redis", redis));
  }

  /** The value of a field, or empty if it has none. */
  public Optional<String> get(Tenant tenant, String name, String field) {
    Command get = Command.of("HGET").key(key(tenant, name)).arg(Require.notNull("field", field));
    return Optional.ofNullable(Replies.textOrNull(redis.commands().execute(get.repeatable())));
  }

  /**
   * The values of those of these fields that have one, as they were at one moment.
   *
   * @throws InvalidValueException if there are more than {@value #MOST_READ} fields
   */
  public Map<String, String> getAll(Tenant tenant, String name, Collection<String> fields) {
    List<String> wanted = new ArrayList<>(Require.notNull("fields", fields));
    Require.inRange("number of fields", wanted.size(), 0, MOST_READ);
    if (wanted.isEmpty()) {
      return Map.of();
    }
    Command get = Command.of("HMGET").key(key(tenant, name));
    wanted.forEach(field -> get.arg(Require.notNull("field", field)));
    List<@Nullable Object> values = Replies.list(redis.commands().execute(get.repeatable()));
    Map<String, String> found = new LinkedHashMap<>();
    for (int i = 0; i < wanted.size(); i++) {
      String value = Replies.textOrNull(values.get(i));
      if (value != null) {
        found.put(wanted.get(i), value);
      }
    }
    return found;
  }

  /**
   * All fields and their values, as they were at one moment, in no promised order.
   *
   * @throws InvalidValueException if there are more than {@value #MOST_READ}; see {@link #size}
   */
  public Map<String, String> getAll(Tenant tenant, String name) {
    long size = size(tenant, name);
    if (size > MOST_READ) {
      throw new InvalidValueException(
          "number of fields in state " + name,
          size,
          "must be at most " + MOST_READ + " to read all");
    }
    Command all = Command.of("HGETALL").key(key(tenant, name)).repeatable();
    Map<String, String> found = new LinkedHashMap<>();
    Replies.map(redis.commands().execute(all))
        .forEach((field, value) -> found.put(field, Replies.text(value)));
    return found;
  }

  /** How many fields have a value. */
  public long size(Tenant tenant, String name) {
    Command length = Command.of("HLEN").key(key(tenant, name)).repeatable();
    return Replies.number(redis.commands().execute(length));
  }

  private RedisKey key(Tenant tenant, String name) {
    return keys.state(Require.notNull("tenant", tenant), name);
  }
}
