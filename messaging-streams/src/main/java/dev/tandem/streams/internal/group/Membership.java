package dev.tandem.streams.internal.group;

import dev.tandem.redis.RedisConnection;

/**
 * What the parts of one member of a group have in common.
 *
 * @param commands about its group
 * @param leases about what it holds
 * @param claims by which it comes by more
 */
public record Membership(
    MemberSettings settings,
    GroupCommands commands,
    LeaseCommands leases,
    ClaimCommands claims,
    LeaseRegistry registry,
    Standing standing) {

  /** What the parts of the member of these settings have in common. */
  public Membership(MemberSettings settings, LeaseRegistry registry, Standing standing) {
    this(
        settings,
        new GroupCommands(settings.consumer()),
        new LeaseCommands(settings.consumer()),
        new ClaimCommands(settings.consumer()),
        registry,
        standing);
  }

  /** The connection. */
  public RedisConnection redis() {
    return settings.redis();
  }
}
