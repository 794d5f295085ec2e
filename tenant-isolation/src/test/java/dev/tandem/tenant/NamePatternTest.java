package dev.tandem.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class NamePatternTest {
  private static NamePattern pattern(String text) {
    return NamePattern.of("channel pattern", text);
  }

  @Test
  void aStarStandsForAnyCharactersDotsIncluded() {
    assertThat(pattern("orders.*").matches("orders.eu")).isTrue();
    assertThat(pattern("orders.*").matches("orders.eu.berlin")).isTrue();
    assertThat(pattern("orders.*").matches("orders.")).isTrue();
    assertThat(pattern("orders.*").matches("orders")).isFalse();
    assertThat(pattern("orders.*").matches("orders2.eu")).isFalse();
    assertThat(pattern("*").matches("anything")).isTrue();
    assertThat(pattern("*.eu.*").matches("a.eu.b")).isTrue();
    assertThat(pattern("*.eu.*").matches("a.us.b")).isFalse();
    assertThat(pattern("aba*aba").matches("aba")).isFalse();
    assertThat(pattern("plain").matches("plain")).isTrue();
    assertThat(pattern("a.c").matches("abc")).isFalse();
  }

  @Test
  void agreesWithARegularExpression() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      String text = word(random, "ab.*");
      String name = word(random, "ab.");
      if (text.contains("**") || text.chars().filter(c -> c == '*').count() > 3) {
        continue;
      }
      String expression = text.replace(".", "\\.").replace("*", ".*");
      assertThat(pattern(text).matches(name))
          .as("%s on %s, seed %d", text, name, seed)
          .isEqualTo(Pattern.matches(expression, name));
    }
  }

  private static String word(Random random, String letters) {
    StringBuilder word = new StringBuilder();
    for (int length = 1 + random.nextInt(8); length > 0; length--) {
      word.append(letters.charAt(random.nextInt(letters.length())));
    }
    return word.toString();
  }

  @Test
  void refusesAllElseThatAGlobKnows() {
    for (String bad :
        List.of(
            "", "a**", "a?", "[ab]", "[^a]", "a\\*", "a:*", "{a}", "a b", "*.*.*.*", "\u00e4*")) {
      assertThatThrownBy(() -> pattern(bad))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageContaining("channel pattern");
    }
    assertThatThrownBy(() -> pattern("a".repeat(129))).isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> NamePattern.of("channel pattern", null))
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  void staysWithinItsTenant() {
    Tenant acme = Tenant.of("acme");
    assertThat(KeyLayout.plain().channels(acme, pattern("*")).text())
        .isEqualTo("tenant:acme:channel:*");
    assertThat(KeyLayout.hashTagged().channels(acme, pattern("a.*")).text())
        .isEqualTo("tenant:{acme}:channel:a.*");
    assertThat(KeyLayout.plain().channelIndex(acme).text()).isEqualTo("tenant:acme:channels");
    assertThat(KeyLayout.hashTagged().channel(acme, "board").index().text())
        .isEqualTo("tenant:{acme}:channels");
    assertThat(KeyLayout.channelName("tenant:{acme}:channel:a.b")).isEqualTo("a.b");
  }
}
