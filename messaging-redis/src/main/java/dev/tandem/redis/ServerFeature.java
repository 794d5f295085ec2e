package dev.tandem.redis;

import org.jspecify.annotations.Nullable;

/** What some servers can do and others cannot. Everything works without; some of it faster with. */
public enum ServerFeature {
  /** {@code XINFO GROUPS} tells how far a group lags, exactly: Redis and Valkey from 7.0. */
  EXACT_LAG("7.0", "7.0", null),
  /** Sharded pub/sub ({@code SPUBLISH}): Redis and Valkey from 7.0. */
  SHARDED_PUBSUB("7.0", "7.0", "SPUBLISH"),
  /** Clients say which library they use ({@code CLIENT SETINFO}): Redis and Valkey from 7.2. */
  CLIENT_INFO("7.2", "7.2", "CLIENT|SETINFO"),
  /** Acknowledge and delete in one command, and trimming by acknowledgement: Redis from 8.2. */
  ACKNOWLEDGE_AND_DELETE("8.2", null, "XACKDEL"),
  /** {@code XREADGROUP … CLAIM}: Redis from 8.4. */
  READ_WITH_CLAIM("8.4", null, null),
  /** {@code XADD … IDMP}: Redis from 8.6. */
  IDEMPOTENT_APPEND("8.6", null, null),
  /** {@code XNACK}: Redis from 8.8. */
  NEGATIVE_ACKNOWLEDGE("8.8", null, "XNACK");

  private final String sinceRedis;
  private final @Nullable String sinceValkey;
  private final @Nullable String command;

  ServerFeature(String sinceRedis, @Nullable String sinceValkey, @Nullable String command) {
    this.sinceRedis = sinceRedis;
    this.sinceValkey = sinceValkey;
    this.command = command;
  }

  /** Whether this product in this version should have the feature. */
  public boolean isIn(String product, String version) {
    String since = product.equals("valkey") ? sinceValkey : sinceRedis;
    return since != null && Version.parse(version).compareTo(Version.parse(since)) >= 0;
  }

  /** The command that proves the feature, or null if only the version tells. */
  public @Nullable String command() {
    return command;
  }

  private record Version(int major, int minor) implements Comparable<Version> {
    static Version parse(String text) {
      String[] parts = text.split("\\.", -1);
      return new Version(number(parts, 0), number(parts, 1));
    }

    private static int number(String[] parts, int index) {
      if (index >= parts.length || !parts[index].matches("\\d{1,6}")) {
        return 0;
      }
      return Integer.parseInt(parts[index]);
    }

    @Override
    public int compareTo(Version other) {
      return major != other.major
          ? Integer.compare(major, other.major)
          : Integer.compare(minor, other.minor);
    }
  }
}
