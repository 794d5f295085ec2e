package dev.tandem.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
  private static final Pattern RULE = Pattern.compile("[a-zA-Z0-9._-]{1,128}");

  /** What has a meaning somewhere between here and the server, and its neighbours. */
  private static final String HOSTILE =
      ":{}[]*?^\\/|\"'`$&;,<>()!%@#~+= \t\r\n\0\u007f\u0080\u00a0\u00e9\u0131\u0661\u200b\u202e"
          + "\u2028\ud83d\ude00\ufeff\uff0e\uff41";

  @ParameterizedTest
  @ValueSource(strings = {"a", "Z", "0", "-", "_", ".", "..", "org-123", "a.b_c-D.9"})
  void takesNamesThatKeepTheRule(String name) {
    assertThat(Names.check("topic", name)).isSameAs(name);
    assertThat(Tenant.of(name).name()).isEqualTo(name);
    assertThat(Tenant.of(name)).hasToString(name);
  }

  @Test
  void takesUpTo128Characters() {
    assertThat(Names.check("topic", "x".repeat(128))).hasSize(128);
    assertThatThrownBy(() -> Names.check("topic", "x".repeat(129)))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("(129 characters)")
        .hasMessageEndingWith("must be 1 to 128 characters out of a-z A-Z 0-9 - _ .");
  }

  @Test
  void mayBeHeldToFewerCharacters() {
    assertThat(Names.check("prefix", "x".repeat(64), 64)).hasSize(64);
    assertThatThrownBy(() -> Names.check("prefix", "x".repeat(65), 64))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageEndingWith("must be 1 to 64 characters out of a-z A-Z 0-9 - _ .");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " ", "a b", "a:b", "a{b}", "{a}", "*", "a*", "a?", "[ab]", "a\\", "a/b", "a\nb", "a\0",
        "é", "ａ", "١", "😀", "a\u200b"
      })
  void refusesWithTheNameAndTheRule(String name) {
    assertThatThrownBy(() -> Names.check("channel", name))
        .isInstanceOfSatisfying(
            InvalidValueException.class,
            e -> {
              assertThat(e.what()).isEqualTo("channel");
              assertThat(e.code()).isEqualTo(ErrorCode.INVALID_VALUE);
            })
        .hasMessageStartingWith("channel was '")
        .hasMessageEndingWith("must be 1 to 128 characters out of a-z A-Z 0-9 - _ .");
    assertThatThrownBy(() -> Tenant.of(name)).isInstanceOf(InvalidValueException.class);
  }

  @Test
  @SuppressWarnings("NullAway") // null on purpose
  void refusesNull() {
    assertThatThrownBy(() -> Tenant.of(null))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageStartingWith("tenant was null");
  }

  @Test
  void agreesWithTheRuleOnWhateverComes() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int refused = 0;
    for (int i = 0; i < 50_000; i++) {
      String name = anyName(random);
      boolean taken;
      try {
        Names.check("name", name);
        taken = true;
      } catch (InvalidValueException e) {
        taken = false;
        refused++;
        assertThat(e.toString().chars().noneMatch(Character::isISOControl))
            .as("no control characters in a message, seed %d", seed)
            .isTrue();
      }
      assertThat(taken).as("'%s', seed %d", name, seed).isEqualTo(RULE.matcher(name).matches());
    }
    assertThat(refused).as("seed %d", seed).isBetween(1_000, 49_000);
  }

  private static String anyName(Random random) {
    int length = random.nextInt(20) == 0 ? 120 + random.nextInt(20) : random.nextInt(12);
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < length; i++) {
      if (random.nextInt(12) == 0) {
        name.append(
            random.nextBoolean()
                ? HOSTILE.charAt(random.nextInt(HOSTILE.length()))
                : (char) random.nextInt(0x10000));
      } else {
        name.append("abcXYZ019-_.".charAt(random.nextInt(12)));
      }
    }
    return name.toString();
  }
}
