package dev.tandem.redis.command;

import dev.tandem.api.internal.Require;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * A key or channel name, encoded once, with its cluster slot.
 *
 * <p>Thread safety: immutable.
 */
public final class RedisKey {
  private final String text;
  private final Argument argument;
  private final int slot;

  private RedisKey(String text) {
    this.text = text;
    this.argument = Argument.of(text);
    this.slot = JedisClusterCRC16.getSlot(argument.getRaw());
  }

  /** The key with this name. */
  public static RedisKey of(String text) {
    return new RedisKey(Require.notNull("key", text));
  }

  /** The name. */
  public String text() {
    return text;
  }

  /** The slot of a Cluster that holds this key. */
  public int slot() {
    return slot;
  }

  /** The name as it goes over the wire; shared, do not change. */
  public byte[] bytes() {
    return argument.getRaw();
  }

  Argument argument() {
    return argument;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RedisKey key && text.equals(key.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
