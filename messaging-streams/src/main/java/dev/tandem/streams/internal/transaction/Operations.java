package dev.tandem.streams.internal.transaction;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.streams.Transaction;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a transaction consists of, and the call of {@code commit.lua} that does it. For one thread.
 */
final class Operations {
  private final CommitScript script;
  private final Rooms rooms;
  private final List<Operation> operations = new ArrayList<>();
  private int bytes;

  /**
   * None yet.
   *
   * @param script knows those that will be added
   * @param rooms what their outputs need
   */
  Operations(CommitScript script, Rooms rooms) {
    this.script = script;
    this.rooms = rooms;
  }

  /** What the outputs need. */
  Rooms rooms() {
    return rooms;
  }

  void add(Operation operation) {
    count(operation.arguments());
    operations.add(operation);
  }

  /** Adds all of those. */
  void addAll(Operations others) {
    others.operations.forEach(this::add);
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
      for (RedisKey key : operation.keys()) {
        if (numbers.putIfAbsent(key.text(), keys.size() + 1) == null) {
          keys.add(key);
        }
      }
    }
    Command command =
        script
            .script()
            .call(keys.toArray(RedisKey[]::new))
            .arg(stream.group())
            .arg(consumer)
            .arg(lease.id().toString())
            .arg(lease.deliveries())
            .arg(stream.mark())
            .arg(stream.isReplay() ? 1 : 0);
    for (Operation operation : operations) {
      command.arg(operation.name()).arg(operation.keys().size() + operation.arguments().size());
      for (RedisKey key : operation.keys()) {
        command.arg(Objects.requireNonNull(numbers.get(key.text())));
      }
      operation.arguments().forEach(command::arg);
    }
    return command;
  }
}
