package dev.tandem.streams.internal.transaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.TransactionState;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What one transaction has read of a state, and is going to change in it. For one thread. */
final class StateBuffer implements TransactionState {
  private static final byte[] NOTHING = {};

  private final RedisConnection redis;
  private final RedisKey key;
  private final TransactionBuffer<?> transaction;
  private final Map<String, Field> fields = new LinkedHashMap<>();

  StateBuffer(RedisConnection redis, RedisKey key, TransactionBuffer<?> transaction) {
    this.redis = redis;
    this.key = key;
    this.transaction = transaction;
  }

  @Override
  public Optional<String> get(String field) {
    return Optional.ofNullable(getAll(List.of(Require.notNull("state field", field))).get(field));
  }

  @Override
  public Map<String, String> getAll(Collection<String> names) {
    transaction.checkOpen();
    List<Field> wanted = names.stream().map(this::field).toList();
    read(wanted.stream().filter(Field::isToBeRead).distinct().toList());
    Map<String, String> values = new LinkedHashMap<>();
    for (Field field : wanted) {
      String value = field.value();
      if (value != null) {
        values.put(field.name, value);
      }
    }
    return values;
  }

  private void read(List<Field> unread) {
    if (unread.isEmpty()) {
      return;
    }
    Command get = Command.of("HMGET").key(key);
    unread.forEach(field -> get.arg(field.name));
    List<@Nullable Object> values = Replies.list(redis.commands().execute(get.repeatable()));
    for (int i = 0; i < unread.size(); i++) {
      Object value = values.get(i);
      unread.get(i).wasRead(value == null ? null : Replies.bytes(value));
    }
  }

  @Override
  public long getLong(String field) {
    return get(field).map(value -> number(field, value)).orElse(0L);
  }

  @Override
  public void put(String field, String value) {
    transaction.checkOpen();
    int length = Require.notNull("state value", value).length();
    Require.inRange("length of the state value", length, 0, MAX_VALUE);
    field(field).put(value);
  }

  @Override
  public void delete(String field) {
    transaction.checkOpen();
    field(field).put(null);
  }

  @Override
  public void increment(String field, long by) {
    transaction.checkOpen();
    Require.inRange("increment", by, -MOST_INCREMENT, MOST_INCREMENT);
    field(field).add(by);
  }

  private Field field(String name) {
    Require.text("state field", name, 1, MAX_FIELD);
    Field known = fields.get(name);
    if (known == null) {
      transaction.countField();
      known = new Field(name);
      fields.put(name, known);
    }
    return known;
  }

  private static long number(String field, String value) {
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new InvalidValueException("state field " + field, value, "must be a whole number", e);
    }
  }

  /** Everything that was read, to be compared before anything is written. */
  void addExpectations(Operations operations) {
    for (Field field : fields.values()) {
      if (field.isRead) {
        byte[] value = field.read;
        operations.add(
            new Operation(
                Operation.EXPECT,
                List.of(key),
                List.of(
                    field.name.getBytes(UTF_8),
                    new byte[] {(byte) (value == null ? '0' : '1')},
                    value == null ? NOTHING : value)));
      }
    }
  }

  /** Everything that is to be changed. */
  void addChanges(Operations operations) {
    for (Field field : fields.values()) {
      String written = field.written;
      if (written != null) {
        operations.add(Operation.of(Operation.PUT, key, field.name, written));
      } else if (field.isWritten) {
        operations.add(Operation.of(Operation.DELETE, key, field.name));
      } else if (field.added != 0) {
        operations.add(
            Operation.of(Operation.INCREMENT, key, field.name, Long.toString(field.added)));
      }
    }
  }

  /** One field: what it had, and either what it gets or what is added to it. */
  private static final class Field {
    final String name;
    boolean isRead;
    byte @Nullable [] read;
    boolean isWritten;
    @Nullable String written;
    long added;

    Field(String name) {
      this.name = name;
    }

    boolean isToBeRead() {
      return !isRead && !isWritten;
    }

    void wasRead(byte @Nullable [] value) {
      isRead = true;
      read = value;
    }

    void put(@Nullable String value) {
      isWritten = true;
      written = value;
      added = 0;
    }

    void add(long by) {
      if (isWritten) {
        written = Long.toString(sum(written == null ? 0 : number(name, written), by));
      } else {
        long sum = sum(added, by);
        added = Require.inRange("increment", sum, -MOST_INCREMENT, MOST_INCREMENT);
      }
    }

    @Nullable String value() {
      if (isWritten) {
        return written;
      }
      String before = read == null ? null : new String(read, UTF_8);
      if (added == 0) {
        return before;
      }
      return Long.toString(sum(before == null ? 0 : number(name, before), added));
    }

    private long sum(long one, long other) {
      try {
        return Math.addExact(one, other);
      } catch (ArithmeticException e) {
        throw new InvalidValueException("state field " + name, one, "must not overflow", e);
      }
    }
  }
}
