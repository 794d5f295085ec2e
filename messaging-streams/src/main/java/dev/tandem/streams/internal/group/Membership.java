package dev.tandem.streams.internal.group;

import dev.tandem.redis.RedisConnection;

/** What the parts of one member of a group have in common. */
public record Membership(
    MemberSettings settings, GroupCommands commands, LeaseRegistry registry, Standing standing) {

  /** The connection. */
  public RedisConnection redis() {
    return settings.redis();
  }
}
