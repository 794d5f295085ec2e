package dev.tandem.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class PositionsTest {
  private static final String NAME = "abcXYZ019-_.";
  private static final String TYPED = NAME + "~ %/\u0000\u00e9";

  @Test
  void tokensRoundTrip() {
    Random random = Seeded.random();
    for (int i = 0; i < 2_000; i++) {
      Positions positions = positions(random, random.nextInt(8));
      assertThat(Positions.parse(positions.toString())).isEqualTo(positions);
      assertThat(positions.toString()).matches("[A-Za-z0-9._~-]*");
    }
  }

  @Test
  void tokensStayReadableByLaterReleases() {
    assertThat(Positions.none()).hasToString("0000000");
    assertThat(
            new Positions(
                Map.of("b", new Position("e1", 7, "n7"), "a.b", new Position("e2", 0, ""))))
        .hasToString("a.b~e2.0..1vxmtzv~b~e1.7.n7.tnbcyj~035cb55");
  }

  @Test
  void noOtherTokenIsTakenForThisOne() {
    Random random = Seeded.random();
    for (int i = 0; i < 10; i++) {
      String token = positions(random, 1 + random.nextInt(3)).toString();
      for (int at = 0; at < token.length(); at++) {
        refused(token.substring(0, at));
        refused(token.substring(at + 1));
        refused(token.substring(0, at) + token.substring(at + 1));
        for (int c = 0; c < TYPED.length(); c++) {
          String typed = token.substring(0, at) + TYPED.charAt(c) + token.substring(at + 1);
          if (!typed.equals(token)) {
            refused(typed);
          }
        }
      }
    }
  }

  @Test
  void refusesATokenWithoutOneOfItsChannels() {
    Positions all =
        new Positions(Map.of("a", new Position("e1", 7, "n7"), "b", new Position("e2", 8, "n8")));
    String[] parts = all.toString().split("~", -1);
    refused(parts[0] + '~' + parts[1] + '~' + parts[4]);
    refused(parts[2] + '~' + parts[3] + '~' + parts[4]);
    refused(parts[2] + '~' + parts[3] + '~' + parts[0] + '~' + parts[1] + '~' + parts[4]);
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", "~", "~~", "a", "a~b~c", "0~", "00", "a~e1.5.n5.0~0"})
  void refusesWhatIsNoToken(@Nullable String token) {
    assertThatThrownBy(() -> Positions.parse(token))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("must be a token as Positions.toString() gives it");
  }

  @Test
  void refusesAMillionCharactersAtOnce() {
    assertThatThrownBy(() -> Positions.parse("a~".repeat(500_000)))
        .hasMessageContaining("(1000000 characters)");
  }

  @Test
  void refusesBadParts() {
    Position position = new Position("e1", 1, "n1");
    for (String name : new String[] {"", "a~b", "a b", "x".repeat(129)}) {
      assertThatThrownBy(() -> new Positions(Map.of(name, position)))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageContaining("must be 1 to 128 letters");
    }
    Map<String, Position> many = new HashMap<>();
    for (int i = 0; i <= Positions.MOST_CHANNELS; i++) {
      many.put("c" + i, position);
    }
    assertThatThrownBy(() -> new Positions(many)).hasMessageContaining("must be 0 to 1024");
  }

  @Test
  void givesThePositionOfAChannel() {
    Position position = new Position("e1", 1, "n1");
    assertThat(new Positions(Map.of("a", position)).of("a")).isEqualTo(position);
    assertThat(new Positions(Map.of("a", position)).of("b")).isNull();
  }

  private static void refused(String token) {
    assertThatThrownBy(() -> Positions.parse(token))
        .as(token)
        .isInstanceOf(InvalidValueException.class);
  }

  private static Positions positions(Random random, int count) {
    Map<String, Position> positions = new HashMap<>();
    for (int i = 0; i < count; i++) {
      positions.put(
          Seeded.word(random, NAME, 12),
          new Position(
              Seeded.word(random, "abc789", 16),
              1 + random.nextInt(1_000),
              Seeded.word(random, "xyz0", 16)));
    }
    return new Positions(positions);
  }
}
