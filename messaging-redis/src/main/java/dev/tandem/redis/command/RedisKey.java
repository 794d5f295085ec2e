package dev.tandem.redis.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.internal.Require;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * A key or channel name, encoded once, with its cluster slot.
 *
 * <p>Thread safety: immutable.
 */
public final class RedisKey {
  private final String text;
  private final byte[] bytes;
  private final int slot;

  private RedisKey(String text) {
    this.text = text;
    this.bytes = text.getBytes(UTF_8);
    this.slot = JedisClusterCRC16.getSlot(bytes);
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
    return bytes;
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
