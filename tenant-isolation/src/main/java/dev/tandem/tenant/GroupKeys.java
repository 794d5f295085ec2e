package dev.tandem.tenant;

import dev.tandem.redis.command.RedisKey;

/**
 * The keys of one consumer group on one stream, or on the group's own {@link #replay()} stream.
 *
 * <p>Thread safety: immutable.
 */
public final class GroupKeys {
  private final StreamKeys source;
  private final String group;
  private final RedisKey stream;
  private final RedisKey dead;
  private final RedisKey due;
  private final RedisKey sweep;
  private final String prefix;
  private final boolean isReplay;

  GroupKeys(StreamKeys source, String group) {
    this.source = source;
    this.group = Names.check("group", group);
    this.stream = source.stream();
    this.prefix = stream.text() + ":group:" + group;
    this.dead = RedisKey.of(prefix + ":dead");
    this.due = RedisKey.of(prefix + ":due");
    this.sweep = RedisKey.of(prefix + ":sweep");
    this.isReplay = false;
  }

  private GroupKeys(GroupKeys origin) {
    this.source = origin.source;
    this.group = origin.group;
    this.prefix = origin.prefix;
    this.stream = RedisKey.of(prefix + ":replay");
    this.dead = origin.dead;
    this.due = RedisKey.of(prefix + ":replay:due");
    this.sweep = RedisKey.of(prefix + ":replay:sweep");
    this.isReplay = true;
  }

  /** The keys of the stream that all groups read. */
  public StreamKeys source() {
    return source;
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

  /** The hash of dead letters that a processor looks at now, each with who and until when. */
  public RedisKey claims() {
    return RedisKey.of(prefix + ":claims");
  }

  /** The key whose holder deletes the dead letters that are kept no longer. */
  public RedisKey deadTurn() {
    return RedisKey.of(prefix + ":dead:turn");
  }

  /**
   * A short-lived note of what one call on the dead letters did, in case that its reply is lost.
   *
   * @param call a name of the call's own, as in {@link Names}
   */
  public RedisKey receipt(String call) {
    return RedisKey.of(prefix + ":receipt:" + Names.check("call", call));
  }

  /**
   * The keys by which the group reads its own stream of replayed dead letters. It is beside the
   * stream that all groups read; what is given up there too goes to the same dead letters. Of keys
   * that are those of the replay stream already, the same again.
   */
  public GroupKeys replay() {
    return isReplay ? this : new GroupKeys(this);
  }

  /** Whether these are the keys of a {@link #replay()} stream. */
  public boolean isReplay() {
    return isReplay;
  }

  @Override
  public String toString() {
    return isReplay ? stream.text() : prefix;
  }
}
