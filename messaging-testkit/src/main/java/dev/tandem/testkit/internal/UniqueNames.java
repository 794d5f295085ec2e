package dev.tandem.testkit.internal;

import java.security.SecureRandom;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tenant names that no other test has: never twice in one JVM, and against other JVMs on the same
 * external server by chance alone (36^8 names).
 */
public final class UniqueNames {

  private static final String ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
  private static final int LENGTH = 8;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Set<String> GIVEN = ConcurrentHashMap.newKeySet();

  private UniqueNames() {}

  /** The next name, for example {@code t-4kz09qpd}. */
  public static String next() {
    String name;
    do {
      StringBuilder letters = new StringBuilder("t-");
      for (int i = 0; i < LENGTH; i++) {
        letters.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
      }
      name = letters.toString();
    } while (!GIVEN.add(name));
    return name;
  }
}
