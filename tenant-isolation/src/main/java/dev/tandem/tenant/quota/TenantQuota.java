package dev.tandem.tenant.quota;

import dev.tandem.api.internal.Require;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What one tenant may have at most. What is not said is not limited.
 *
 * <p>Thread safety: immutable.
 */
public final class TenantQuota {
  /** No limits. */
  public static final TenantQuota NONE = builder().build();

  /** The highest limit. */
  public static final long MOST = 1L << 48;

  private final Map<Quota, Long> limits;

  private TenantQuota(Map<Quota, Long> limits) {
    Map<Quota, Long> copy = new EnumMap<>(Quota.class);
    copy.putAll(limits);
    this.limits = Collections.unmodifiableMap(copy);
  }

  /** Describes quotas; each limit is optional. */
  public static Builder builder() {
    return new Builder();
  }

  /** The limit of this kind, or empty if there is none. */
  public OptionalLong limit(Quota quota) {
    Long limit = limits.get(quota);
    return limit == null ? OptionalLong.empty() : OptionalLong.of(limit);
  }

  /** All limits that there are. */
  public Map<Quota, Long> limits() {
    return limits;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TenantQuota quota && limits.equals(quota.limits);
  }

  @Override
  public int hashCode() {
    return limits.hashCode();
  }

  @Override
  public String toString() {
    return "TenantQuota" + limits;
  }

  /**
   * Describes a {@link TenantQuota}. Each limit is from 1 to {@link #MOST}.
   *
   * <p>Thread safety: not safe for use by many threads.
   */
  public static final class Builder {
    private final Map<Quota, Long> limits = new EnumMap<>(Quota.class);

    private Builder() {}

    /** Limits {@link Quota#PUBLISH_RATE}. */
    public Builder publishRate(long messagesPerSecond) {
      return limit(Quota.PUBLISH_RATE, messagesPerSecond);
    }

    /** Limits {@link Quota#STREAM_LENGTH}. */
    public Builder streamLength(long entries) {
      return limit(Quota.STREAM_LENGTH, entries);
    }

    /** Limits {@link Quota#STREAM_BYTES}. */
    public Builder streamBytes(long bytes) {
      return limit(Quota.STREAM_BYTES, bytes);
    }

    /** Limits {@link Quota#LIVE_CHANNELS}. */
    public Builder liveChannels(long channels) {
      return limit(Quota.LIVE_CHANNELS, channels);
    }

    /** Limits {@link Quota#SUBSCRIPTIONS}. */
    public Builder subscriptions(long subscriptions) {
      return limit(Quota.SUBSCRIPTIONS, subscriptions);
    }

    /** Limits {@link Quota#DEAD_LETTERS}. */
    public Builder deadLetters(long letters) {
      return limit(Quota.DEAD_LETTERS, letters);
    }

    /** Limits {@link Quota#PAYLOAD_SIZE}. */
    public Builder payloadSize(long bytes) {
      return limit(Quota.PAYLOAD_SIZE, bytes);
    }

    /**
     * Sets one limit.
     *
     * @throws dev.tandem.api.error.InvalidValueException if it is not from 1 to {@link #MOST}
     */
    public Builder limit(Quota quota, long limit) {
      limits.put(quota, Require.inRange(quota.label(), limit, 1, MOST));
      return this;
    }

    /** The quotas. */
    public TenantQuota build() {
      return new TenantQuota(limits);
    }
  }
}
