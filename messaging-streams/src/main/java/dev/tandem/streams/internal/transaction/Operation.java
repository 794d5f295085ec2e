package dev.tandem.streams.internal.transaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.redis.command.RedisKey;
import java.util.ArrayList;
import java.util.List;

/**
 * One step of a transaction, as {@code operations.lua} or another module's functions know it.
 *
 * <p>Thread safety: immutable; the bytes are shared, not to be changed.
 *
 * @param name that of the function table
 * @param keys on which it works; their numbers come first among its arguments
 * @param arguments what follows
 */
public record Operation(String name, List<RedisKey> keys, List<byte[]> arguments) {
  /** An output is appended; the arguments are its fields, names and values in turn. */
  public static final String APPEND = "append";

  static final String ROOM = "room";
  static final String EXPECT = "expect";
  static final String PUT = "put";
  static final String DELETE = "delete";
  static final String INCREMENT = "increment";

  /** An operation on one key with arguments of text. */
  static Operation of(String name, RedisKey key, String... arguments) {
    List<byte[]> raw = new ArrayList<>(arguments.length);
    for (String argument : arguments) {
      raw.add(argument.getBytes(UTF_8));
    }
    return new Operation(name, List.of(key), raw);
  }
}
