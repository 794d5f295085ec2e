package dev.tandem.tenant;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Describes a {@link TenantAcl}.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class TenantAclBuilder {
  /** The most patterns of channels. */
  public static final int MOST_PATTERNS = 64;

  private static final Pattern PATTERN =
      Pattern.compile("[a-zA-Z0-9._*-]{1," + Names.MAX_LENGTH + "}");

  final RedisConnection redis;
  final List<RedisConnection> servers = new ArrayList<>();
  final Set<String> channelPatterns = new TreeSet<>();
  SecureRandom random = new SecureRandom();
  boolean saves;

  TenantAclBuilder(RedisConnection redis) {
    this.redis = Require.notNull("redis", redis);
    servers.add(redis);
  }

  /**
   * Adds a server that keeps the same users: a replica, which Sentinel may make the primary, is
   * told of none by itself. The replicas of a Cluster are known and need not be added.
   */
  public TenantAclBuilder alsoOn(RedisConnection server) {
    servers.add(Require.notNull("server", server));
    return this;
  }

  /**
   * Lets tenants subscribe to this pattern of their fleeting channels, such as {@code orders.*}.
   * Redis lets a user subscribe to a pattern only if it was given that very pattern, though all
   * that it matches may be the user's anyway. None by default.
   *
   * @param pattern of the names of channels; {@code *} stands for any characters
   */
  public TenantAclBuilder channelPattern(String pattern) {
    if (!PATTERN.matcher(Require.notNull("channel pattern", pattern)).matches()) {
      throw new InvalidValueException(
          "channel pattern",
          pattern,
          "must be 1 to " + Names.MAX_LENGTH + " characters out of a-z A-Z 0-9 - _ . *");
    }
    channelPatterns.add(pattern);
    Require.inRange("channel patterns", channelPatterns.size(), 1, MOST_PATTERNS);
    return this;
  }

  /** Where generated secrets come from; a {@link SecureRandom} of the platform by default. */
  public TenantAclBuilder random(SecureRandom random) {
    this.random = Require.notNull("random", random);
    return this;
  }

  /**
   * Has the servers write all their users to their ACL file ({@code ACL SAVE}) after each change. A
   * server without one refuses that. Not by default: then a server that restarts has forgotten what
   * was changed, and {@link TenantAcl#create(Tenant, String)} is to be called again.
   */
  public TenantAclBuilder saving() {
    saves = true;
    return this;
  }

  /** The administration of users; nothing is sent yet. */
  public TenantAcl build() {
    return new TenantAcl(this);
  }
}
