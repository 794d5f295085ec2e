package dev.tandem.streams.internal.group;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.tenant.Names;
import java.security.SecureRandom;
import java.util.Set;
import java.util.zip.CRC32;

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

  /**
   * The consumer under whose name entries wait that nobody is known to hold after a group was lost.
   */
  public static final String ORPHANED = "tandem-orphaned";

  /** What the names of the consumers begin with that tell a group from another of its name. */
  public static final String MARK_PREFIX = "tandem-mark-";

  /**
   * What the names of the consumers begin with that say that a member has come back to a group that
   * was lost; the member's name follows. They hold nothing, and go like members that left.
   */
  public static final String BACK_PREFIX = "tandem-back-";

  private static final Set<String> RESERVED = Set.of(PARKED, RELEASED, ORPHANED);
  private static final int CHECK_DIGITS = 5;
  private static final long CHECKS = 36L * 36 * 36 * 36 * 36;

  private static final SecureRandom RANDOM = new SecureRandom();

  private ConsumerName() {}

  /** Returns the prefix if it is one. */
  public static String checkPrefix(String prefix) {
    return Names.check("consumerName", prefix, LONGEST_PREFIX);
  }

  /**
   * The prefix and about 79 random bits, for process ids and start times repeat across containers;
   * then some digits that follow from the rest, by which {@link #isOurs} knows the name again.
   */
  public static String unique(String prefix) {
    String name = prefix + '-' + randomDigits();
    return name + check(name);
  }

  /** A mark that no group has had. */
  public static String newMark() {
    return MARK_PREFIX + randomDigits();
  }

  /** Whether {@link #unique} made this name, and no person: by chance in one of 60 million. */
  public static boolean isOurs(String name) {
    int end = name.length() - CHECK_DIGITS;
    return end > 0 && name.substring(end).equals(check(name.substring(0, end)));
  }

  /** Whether it is one that Tandem keeps for itself; no member goes by such a name. */
  public static boolean isReserved(String name) {
    return RESERVED.contains(name) || isMark(name);
  }

  /** Whether a consumer of this name only says something about its group, and consumes nothing. */
  public static boolean isMark(String name) {
    return name.startsWith(MARK_PREFIX) || name.startsWith(BACK_PREFIX);
  }

  /** Whether nobody will ever come back to this name, once it was silent for long. */
  public static boolean isForOnce(String name) {
    return isOurs(name.startsWith(BACK_PREFIX) ? name.substring(BACK_PREFIX.length()) : name);
  }

  private static String randomDigits() {
    long high = RANDOM.nextLong() & (-1L >>> 1);
    int low = RANDOM.nextInt(1 << 16);
    return Long.toString(high, 36) + Integer.toString(low, 36);
  }

  private static String check(String name) {
    CRC32 sum = new CRC32();
    sum.update(name.getBytes(UTF_8));
    String digits = Long.toString(sum.getValue() % CHECKS, 36);
    return "0".repeat(CHECK_DIGITS - digits.length()) + digits;
  }
}
