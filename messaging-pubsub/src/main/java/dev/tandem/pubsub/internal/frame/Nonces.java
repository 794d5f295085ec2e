package dev.tandem.pubsub.internal.frame;

import java.util.random.RandomGenerator;

/** Makes random words of up to 13 lower-case letters and digits: nonces, epochs, instance ids. */
public final class Nonces {
  private static final int RADIX = 36;

  private final RandomGenerator random;

  /** Words from this source, which must be safe for the threads that ask. */
  public Nonces(RandomGenerator random) {
    this.random = random;
  }

  /** 64 random bits. */
  public String next() {
    return Long.toUnsignedString(random.nextLong(), RADIX);
  }

  /** About 46 random bits, 9 characters. */
  public String nextShort() {
    String word = "000000000" + next();
    return word.substring(word.length() - 9);
  }
}
