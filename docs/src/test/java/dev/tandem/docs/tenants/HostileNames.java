package dev.tandem.docs.tenants;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Names that somebody might pass to get at what belongs to others, or by mistake. */
final class HostileNames {
  private static final List<String> FIXED =
      List.of(
          "",
          " ",
          ".",
          "..",
          "-",
          "*",
          "acme*",
          "?cme",
          "[a-z]cme",
          "acme\\*",
          "acme2",
          "{acme2}",
          "acme}:stream:orders{",
          ":",
          "::",
          "acme2:stream:orders",
          "x:group:billing:dead",
          "../acme2",
          "..\\acme2",
          "/etc/passwd",
          "tenant:acme2:stream:orders",
          "tandem:probe:x",
          "__keyspace@0__:x",
          "a\r\nFLUSHALL\r\n",
          "\n",
          "\t",
          "\0",
          "a\0b",
          "\u007f",
          "\u0085",
          "\u0430cme", // Cyrillic
          "\uff41\uff43\uff4d\uff45", // full width
          "acme\uff1ax", // full-width colon
          "\u202eemca", // right to left
          "ac\u200bme", // zero width
          "\ufeffacme",
          "e\u0301",
          "\u212a", // Kelvin, a K
          "\u2028",
          "\ud83d\ude00",
          "\ud800",
          "a\udc00b",
          "%3A",
          "${x}",
          "'; return redis.call('flushall') --",
          "\"",
          "$0",
          "-1",
          "0-0",
          "+",
          ">",
          "9223372036854775808",
          "NaN",
          "null",
          "acme".repeat(2_500));

  private HostileNames() {}

  /** Those that are known to be bad, and as many made of their parts. */
  static List<String> all(Random random) {
    List<String> all = new ArrayList<>(FIXED);
    for (int i = 0; i < FIXED.size(); i++) {
      StringBuilder name = new StringBuilder();
      for (int parts = 1 + random.nextInt(4); parts > 0; parts--) {
        String part = FIXED.get(random.nextInt(FIXED.size()));
        int from = random.nextInt(part.length() + 1);
        name.append(part, from, Math.min(part.length(), from + random.nextInt(8)));
        if (random.nextInt(3) == 0) {
          name.append((char) random.nextInt(0x10000));
        }
      }
      all.add(name.toString());
    }
    return all;
  }
}
