package dev.tandem.streams.internal.group;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.tenant.Names;
import java.security.SecureRandom;

/** Names of consumers: never the same twice, and never one that Tandem keeps for itself. */
public final class ConsumerName {
  /** What names begin with unless said otherwise. */
  public static final String DEFAULT_PREFIX = "worker";

  /** The longest prefix, in characters. */
  public static final int LONGEST_PREFIX = 64;

  /** The consumer under whose name entries wait for their retry. */
  public static final String PARKED = "tandem-parked";

  /** The consumer under whose name entries wait that were handed back. */
  public static final String RELEASED = "tandem-released";

  private static final SecureRandom RANDOM = new SecureRandom();

  private ConsumerName() {}

  /** Returns the prefix if it is one. */
  public static String checkPrefix(String prefix) {
    Names.check("consumerName", prefix);
    if (prefix.length() > LONGEST_PREFIX) {
      throw new InvalidValueException(
          "consumerName", prefix, "must be at most " + LONGEST_PREFIX + " characters");
    }
    return prefix;
  }

  /** The prefix and about 79 random bits: process ids and start times repeat across containers. */
  public static String unique(String prefix) {
    long high = RANDOM.nextLong() & (-1L >>> 1);
    int low = RANDOM.nextInt(1 << 16);
    return prefix + '-' + Long.toString(high, 36) + Integer.toString(low, 36);
  }
}
