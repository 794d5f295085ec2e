package dev.tandem.tenant;

import dev.tandem.redis.command.RedisKey;

/**
 * The keys of one stream of one tenant.
 *
 * <p>Thread safety: immutable.
 */
public final class StreamKeys {
  private final RedisKey stream;

  StreamKeys(String prefix, String topic) {
    this.stream = RedisKey.of(prefix + ":stream:" + Names.check("topic", topic));
  }

  /** The stream itself. */
  public RedisKey stream() {
    return stream;
  }

  /** The keys of a consumer group on this stream. */
  public GroupKeys group(String group) {
    return new GroupKeys(stream, group);
  }

  /** What is remembered of an idempotent producer's last call to this stream. */
  public RedisKey producer(String id) {
    return RedisKey.of(stream.text() + ":producer:" + Names.check("producer id", id));
  }

  @Override
  public String toString() {
    return stream.text();
  }
}
