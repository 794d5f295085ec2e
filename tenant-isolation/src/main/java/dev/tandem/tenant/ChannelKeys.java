package dev.tandem.tenant;

import dev.tandem.redis.command.RedisKey;

/**
 * The keys of one live channel of one tenant.
 *
 * <p>Thread safety: immutable.
 */
public final class ChannelKeys {
  private final RedisKey channel;
  private final RedisKey buffer;
  private final RedisKey meta;
  private final RedisKey index;

  ChannelKeys(String prefix, String channel, RedisKey index) {
    this.channel = RedisKey.of(prefix + ":channel:" + Names.check("channel", channel));
    this.buffer = RedisKey.of(this.channel.text() + ":buffer");
    this.meta = RedisKey.of(this.channel.text() + ":meta");
    this.index = index;
  }

  /** The name to publish to and to subscribe to. */
  public RedisKey channel() {
    return channel;
  }

  /** The Redis stream of stored frames, by version. */
  public RedisKey buffer() {
    return buffer;
  }

  /** The hash of epoch, version and nonce. */
  public RedisKey meta() {
    return meta;
  }

  /** The index of the tenant's channels; see {@link KeyLayout#channelIndex}. */
  public RedisKey index() {
    return index;
  }

  /** What is remembered of a publisher's last calls while others publish. */
  public RedisKey publisher(String id) {
    return RedisKey.of(channel.text() + ":publisher:" + Names.check("publisher id", id));
  }

  @Override
  public String toString() {
    return channel.text();
  }
}
