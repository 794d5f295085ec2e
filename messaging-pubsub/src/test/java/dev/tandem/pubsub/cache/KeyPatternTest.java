package dev.tandem.pubsub.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyPatternTest {
  @ParameterizedTest
  @CsvSource({
    "user:7,    user:7,      true",
    "user:7,    user:77,     false",
    "user:*,    user:,       true",
    "user:*,    user:7,      true",
    "user:*,    order:7,     false",
    "*:7,       user:7,      true",
    "*,         anything,    true",
    "a*a,       a,           false",
    "a*a,       aa,          true",
    "a*b*c,     a-c-b-c,     true",
    "a*b*c,     a-c-b,       false",
    "a*bc*c,    abc,         false",
    "a.c,       abc,         false",
    "a?c,       abc,         false",
    "'[a]*',    '[a]b',      true",
  })
  void matches(String pattern, String key, boolean expected) {
    assertThat(new KeyPattern(pattern).matches(key)).isEqualTo(expected);
  }

  @Test
  void agreesWithTheSameRegularExpression() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      String pattern = text(random, "ab*", 6);
      String key = text(random, "ab", 8);
      boolean expected = Pattern.matches(pattern.replace("*", ".*"), key);
      assertThat(new KeyPattern(pattern).matches(key))
          .as("%s on %s, seed %s", pattern, key, seed)
          .isEqualTo(expected);
    }
  }

  private static String text(Random random, String letters, int most) {
    StringBuilder text = new StringBuilder();
    for (int n = random.nextInt(most + 1); n > 0; n--) {
      text.append(letters.charAt(random.nextInt(letters.length())));
    }
    return text.toString();
  }
}
