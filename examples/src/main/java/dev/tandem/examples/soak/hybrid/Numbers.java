package dev.tandem.examples.soak.hybrid;

import java.util.Arrays;

/** What is known of one publisher's messages, by their numbers. Not thread-safe. */
final class Numbers {
  /** The publisher was told that Redis has it. */
  static final int CONFIRMED = 1;

  /** The publisher was told that the disk has it. */
  static final int SPOOLED = 2;

  /** The publisher was told that nobody has it. */
  static final int REFUSED = 4;

  /** It is in its tenant's stream of payments. */
  static final int IN_STREAM = 8;

  /** A transaction has made a receipt of it. */
  static final int HANDLED = 16;

  private byte[] states = new byte[1 << 12];
  private int count;

  /** How many were tried. */
  int count() {
    return count;
  }

  /** The next one to try. */
  int issue() {
    tried(count);
    return count - 1;
  }

  /** This one was tried, and all before it. */
  void tried(long number) {
    count = Math.max(count, Math.toIntExact(number) + 1);
    if (count > states.length) {
      states = Arrays.copyOf(states, Math.multiplyExact(count, 2));
    }
  }

  /** Whether it was tried. */
  boolean has(long number) {
    return number < count;
  }

  boolean is(long number, int state) {
    return has(number) && (states[(int) number] & state) != 0;
  }

  /** Says so; false if it was said before. */
  boolean mark(long number, int state) {
    boolean isFirst = !is(number, state);
    states[(int) number] |= (byte) state;
    return isFirst;
  }
}
