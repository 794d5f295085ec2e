package dev.tandem.redis.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.internal.Require;
import java.util.Arrays;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * A key or channel name, kept as it goes over the wire: a process may have tens of thousands.
 *
 * <p>Thread safety: immutable.
 */
public final class RedisKey {
  private final Argument argument;
  private final int hash;
  private int slot = -1; // found when it is asked for, by each thread that asks

  private RedisKey(byte[] name) {
    this.argument = Argument.of(name);
    this.hash = Arrays.hashCode(name);
  }

  /** The key with this name. */
  public static RedisKey of(String text) {
    return new RedisKey(Require.notNull("key", text).getBytes(UTF_8));
  }

  /** The key with this name; the array must not change any more. */
  public static RedisKey of(byte[] name) {
    return new RedisKey(Require.notNull("key", name));
  }

  /** The name; made anew with each call. */
  public String text() {
    return new String(bytes(), UTF_8);
  }

  /** The slot of a Cluster that holds this key. */
  public int slot() {
    int known = slot;
    if (known < 0) {
      known = JedisClusterCRC16.getSlot(bytes());
      slot = known;
    }
    return known;
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
    return other instanceof RedisKey key && hash == key.hash && Arrays.equals(bytes(), key.bytes());
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return text();
  }
}
