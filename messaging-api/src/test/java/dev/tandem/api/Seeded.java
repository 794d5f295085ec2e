package dev.tandem.api;

import java.util.Arrays;
import java.util.Random;

/** Randomness that can be had again: prints its seed, takes it from {@code -Dtandem.seed}. */
public final class Seeded {
  private Seeded() {}

  public static Random random() {
    long seed = Long.getLong("tandem.seed", System.nanoTime());
    String test =
        StackWalker.getInstance()
            .walk(frames -> frames.skip(1).findFirst())
            .map(frame -> frame.getClassName() + "." + frame.getMethodName())
            .orElseThrow();
    System.out.println(test + ": -Dtandem.seed=" + seed);
    return new Random(seed);
  }

  /** 1 to {@code most} characters of the alphabet. */
  public static String word(Random random, String alphabet, int most) {
    StringBuilder word = new StringBuilder();
    for (int left = 1 + random.nextInt(most); left > 0; left--) {
      word.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return word.toString();
  }

  /** A copy with 1 to 4 things done to it: bits changed, the end cut off, bytes put in. */
  public static byte[] mutated(Random random, byte[] bytes) {
    byte[] mutant = bytes.clone();
    for (int left = 1 + random.nextInt(4); left > 0; left--) {
      int at = random.nextInt(mutant.length + 1);
      switch (random.nextInt(4)) {
        case 0 -> mutant = Arrays.copyOf(mutant, at);
        case 1 -> mutant = spliced(mutant, at, random.nextInt(1, 9), random);
        default -> {
          if (at < mutant.length) {
            mutant[at] ^= (byte) (1 << random.nextInt(8));
          }
        }
      }
    }
    return mutant;
  }

  private static byte[] spliced(byte[] bytes, int at, int count, Random random) {
    byte[] longer = Arrays.copyOf(bytes, bytes.length + count);
    byte[] put = new byte[count];
    random.nextBytes(put);
    System.arraycopy(put, 0, longer, at, count);
    System.arraycopy(bytes, at, longer, at + count, bytes.length - at);
    return longer;
  }
}
