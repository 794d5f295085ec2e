package dev.tandem.tenant.quota;

import dev.tandem.tenant.Tenant;
import java.util.List;

/**
 * What a tenant may have, and what it has, as far as it can be seen from outside while it is at
 * work: the numbers are of about the same time.
 *
 * <p>Thread safety: immutable.
 *
 * @param tenant the tenant
 * @param quota what it may have
 * @param streams its streams, by name
 * @param deadLetters its groups that have dead letters, by name
 * @param isComplete whether all streams and groups are listed, and not only the first {@link
 *     TenantQuotas#MOST_LISTED}
 * @param channels how many recoverable channels its index has
 * @param subscriptions how many subscriptions processes have reported, which they do for tenants
 *     with a quota for them
 * @param rate the messages that rights were taken for in the last whole second, if there is a quota
 *     for the rate; otherwise 0
 */
public record TenantUsage(
    Tenant tenant,
    TenantQuota quota,
    List<StreamUse> streams,
    List<GroupUse> deadLetters,
    boolean isComplete,
    long channels,
    long subscriptions,
    long rate) {
  /** Copies the lists. */
  public TenantUsage {
    streams = List.copyOf(streams);
    deadLetters = List.copyOf(deadLetters);
  }

  /**
   * One stream.
   *
   * @param topic its name
   * @param length how many entries it has
   * @param bytes how much of the server's memory it takes, about: {@code MEMORY USAGE}, which looks
   *     at a sample. Quotas count what was sent, before Redis packs it
   */
  public record StreamUse(String topic, long length, long bytes) {}

  /**
   * The dead letters of one group.
   *
   * @param topic the stream
   * @param group the group
   * @param letters how many
   */
  public record GroupUse(String topic, String group, long letters) {}

  /** The entries of all streams that are listed. */
  public long entries() {
    return streams.stream().mapToLong(StreamUse::length).sum();
  }

  /** The memory of all streams that are listed, about. */
  public long bytes() {
    return streams.stream().mapToLong(StreamUse::bytes).sum();
  }
}
