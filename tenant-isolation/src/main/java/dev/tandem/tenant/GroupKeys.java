package dev.tandem.tenant;

import dev.tandem.redis.command.RedisKey;

/**
 * The keys of one consumer group on one stream.
 *
 * <p>Thread safety: immutable.
 */
public final class GroupKeys {
  private final String group;
  private final RedisKey stream;
  private final RedisKey dead;
  private final RedisKey due;
  private final RedisKey sweep;

  GroupKeys(RedisKey stream, String group) {
    this.group = Names.check("group", group);
    this.stream = stream;
    String prefix = stream.text() + ":group:" + group;
    this.dead = RedisKey.of(prefix + ":dead");
    this.due = RedisKey.of(prefix + ":due");
    this.sweep = RedisKey.of(prefix + ":sweep");
  }

  /** The group's name. */
  public String group() {
    return group;
  }

  /** The stream that the group reads. */
  public RedisKey stream() {
    return stream;
  }

  /** The stream of the group's dead letters. */
  public RedisKey dead() {
    return dead;
  }

  /** The sorted set of entries that wait for a retry, by the time they are due. */
  public RedisKey due() {
    return due;
  }

  /** The key whose holder sweeps the group for abandoned deliveries. */
  public RedisKey sweep() {
    return sweep;
  }

  @Override
  public String toString() {
    return stream.text() + ":group:" + group;
  }
}
