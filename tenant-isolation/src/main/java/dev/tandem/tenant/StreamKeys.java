package dev.tandem.tenant;

import dev.tandem.redis.command.RedisKey;

/**
 * The keys of one stream of one tenant.
 *
 * <p>Thread safety: immutable.
 */
public final class StreamKeys {
  private final RedisKey stream;
  private final RedisKey trim;
  private final RedisKey trimTurn;
  private final RedisKey limits;

  StreamKeys(String prefix, String topic) {
    this.stream = RedisKey.of(prefix + ":stream:" + Names.check("topic", topic));
    this.trim = RedisKey.of(stream.text() + ":trim");
    this.trimTurn = RedisKey.of(trim.text() + ":turn");
    this.limits = new QuotaKeys(prefix).limits();
  }

  /** The stream itself. */
  public RedisKey stream() {
    return stream;
  }

  /** The sorted set of messages that are to be appended later, by the time they are due. */
  public RedisKey scheduled() {
    return RedisKey.of(stream.text() + ":scheduled");
  }

  /** The hash of what those messages hold. */
  public RedisKey scheduledMessages() {
    return RedisKey.of(stream.text() + ":scheduled:messages");
  }

  /** The sorted set of those that were appended or cancelled a moment ago. */
  public RedisKey scheduledRecently() {
    return RedisKey.of(stream.text() + ":scheduled:recent");
  }

  /** The hash of what trimming has removed, and of what groups have lost by it. */
  public RedisKey trim() {
    return trim;
  }

  /** The key whose holder trims the stream. */
  public RedisKey trimTurn() {
    return trimTurn;
  }

  /** The hash of what the tenant may have. */
  public RedisKey limits() {
    return limits;
  }

  /** The hash of what processes may append, and of how many bytes are there, under a quota. */
  public RedisKey quota() {
    return RedisKey.of(stream.text() + ":quota");
  }

  /** The keys of a consumer group on this stream. */
  public GroupKeys group(String group) {
    return new GroupKeys(this, group);
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
