package dev.tandem.examples.soak.live;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntConsumer;

/**
 * All that is known of one log of a channel, from receipts and from what subscribers got: which
 * number stands under which version, and who has seen it. Since a log gives out every version from
 * 1 on, all up to the highest known one exist. Not thread-safe.
 */
final class EpochLog {
  private static final int FIRST_SIZE = 1 << 10;

  /** The number plus one; 0 where it is not known. */
  private int[] numbers = new int[FIRST_SIZE];

  /** A bit for each subscriber. */
  private byte[] seen = new byte[FIRST_SIZE];

  private int top;

  /** The highest version that is known to have been given out. */
  int top() {
    return top;
  }

  /** This version was given out. */
  void reaches(long version) {
    top = Math.max(top, Math.toIntExact(version));
    if (top >= numbers.length) {
      int size = Math.max(Math.multiplyExact(numbers.length, 2), top + 1);
      numbers = Arrays.copyOf(numbers, size);
      seen = Arrays.copyOf(seen, size);
    }
  }

  /** Says that this number stands there; false if another one is known to. */
  boolean claim(long version, int number) {
    reaches(version);
    int place = (int) version;
    if (numbers[place] == 0) {
      numbers[place] = number + 1;
    }
    return numbers[place] == number + 1;
  }

  /** The number that stands there, or -1. */
  int number(int version) {
    return numbers[version] - 1;
  }

  /** How many numbers stand in it. */
  long count() {
    return Arrays.stream(numbers).filter(number -> number != 0).count();
  }

  boolean isSeen(long version, int subscriber) {
    return version <= top && (seen[(int) version] & 1 << subscriber) != 0;
  }

  /** Says that a subscriber got what stands there; false if it did before. */
  boolean see(long version, int subscriber) {
    reaches(version);
    boolean isFirst = !isSeen(version, subscriber);
    seen[(int) version] |= (byte) (1 << subscriber);
    return isFirst;
  }

  /** Calls with each version whose number also stands under an earlier one. */
  void forEachRepeated(IntConsumer versions) {
    BitSet known = new BitSet();
    for (int version = 1; version <= top; version++) {
      int number = number(version);
      if (number >= 0) {
        if (known.get(number)) {
          versions.accept(version);
        }
        known.set(number);
      }
    }
  }
}
