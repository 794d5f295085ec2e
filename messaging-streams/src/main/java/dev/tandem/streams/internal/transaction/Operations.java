package dev.tandem.streams.internal.transaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Script;
import dev.tandem.streams.Transaction;
import dev.tandem.streams.internal.group.GroupCommands;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.wire.Rights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a transaction consists of, as {@code operations.lua} knows it, and the call of {@code
 * commit.lua} that does it. For one thread.
 */
final class Operations {
  static final String EXPECT = "expect";
  static final String APPEND = "append";
  static final String PUT = "put";
  static final String DELETE = "delete";
  static final String INCREMENT = "increment";

  private static final Script COMMIT =
      Script.joined(
          Script.joined(
              Script.joined(Rights.FUNCTIONS, GroupCommands.class, "group.lua"),
              Operations.class,
              "operations.lua"),
          Operations.class,
          "commit.lua");

  private record Operation(String name, RedisKey key, List<byte[]> arguments) {}

  private final List<Operation> operations = new ArrayList<>();
  private int bytes;

  /** Adds an operation on this key. */
  void add(String name, RedisKey key, List<byte[]> arguments) {
    count(arguments);
    operations.add(new Operation(name, key, arguments));
  }

  /** Adds an operation on this key with arguments of text. */
  void add(String name, RedisKey key, String... arguments) {
    List<byte[]> raw = new ArrayList<>();
    for (String argument : arguments) {
      raw.add(argument.getBytes(UTF_8));
    }
    add(name, key, raw);
  }

  /** Adds all of those. */
  void addAll(Operations others) {
    others.operations.forEach(operation -> add(operation.name, operation.key, operation.arguments));
  }

  private void count(List<byte[]> arguments) {
    long sum = bytes;
    for (byte[] argument : arguments) {
      sum += argument.length;
    }
    if (sum > Transaction.MOST_BYTES) {
      throw new InvalidValueException(
          "size of the transaction in bytes", sum, "must be at most " + Transaction.MOST_BYTES);
    }
    bytes = (int) sum;
  }

  /** The call that commits them together with the acknowledgement; never to be repeated blindly. */
  Command commit(Lease lease, String consumer) {
    GroupStream stream = lease.stream();
    Map<String, Integer> numbers = new LinkedHashMap<>();
    List<RedisKey> keys = new ArrayList<>();
    keys.add(stream.stream());
    numbers.put(stream.stream().text(), 1);
    for (Operation operation : operations) {
      if (numbers.putIfAbsent(operation.key.text(), keys.size() + 1) == null) {
        keys.add(operation.key);
      }
    }
    Command command =
        COMMIT
            .call(keys.toArray(RedisKey[]::new))
            .arg(stream.group())
            .arg(consumer)
            .arg(lease.id().toString())
            .arg(lease.deliveries())
            .arg(stream.mark())
            .arg(stream.isReplay() ? 1 : 0);
    for (Operation operation : operations) {
      command
          .arg(operation.name)
          .arg(operation.arguments.size() + 1)
          .arg(Objects.requireNonNull(numbers.get(operation.key.text())));
      operation.arguments.forEach(command::arg);
    }
    return command;
  }
}
