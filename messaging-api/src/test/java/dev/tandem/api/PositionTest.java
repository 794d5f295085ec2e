package dev.tandem.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class PositionTest {
  private static final String WORD = "0123456789abcdefghijklmnopqrstuvwxyz";
  private static final String TYPED = WORD + ".ABZ-_ +%/\u0000é";
  private static final String RULE = "must be a position token as Position.toString() gives it";

  @Test
  void tokensRoundTrip() {
    Random random = Seeded.random();
    for (int i = 0; i < 10_000; i++) {
      Position position = position(random);

      assertThat(Position.parse(position.toString())).isEqualTo(position);
    }
  }

  @Test
  void tokensStayReadableByLaterReleases() {
    assertThat(new Position("k3x9q0a7", 0, "")).hasToString("k3x9q0a7.0..1knf2lq");
    assertThat(new Position("0123456789abcdef", Long.MAX_VALUE, "zzzzzzzzzzzzzzzz"))
        .hasToString("0123456789abcdef.1y2p0ij32e8e7.zzzzzzzzzzzzzzzz.hmecpp");
  }

  @Test
  void tokensAreSafeInUrls() {
    Random random = Seeded.random();
    for (int i = 0; i < 1_000; i++) {
      assertThat(position(random).toString()).matches("[0-9a-z.]{5,57}");
    }
  }

  @Test
  void noOtherTokenIsTakenForThisOne() {
    Random random = Seeded.random();
    for (int i = 0; i < 40; i++) {
      Position position = position(random);
      String token = position.toString();
      for (int at = 0; at <= token.length(); at++) {
        refusedOrEqual(token.substring(0, at), position, token);
        refusedOrEqual(token.substring(at), position, token);
        for (int c = 0; c < TYPED.length(); c++) {
          refusedOrEqual(
              token.substring(0, at) + TYPED.charAt(c) + token.substring(at), position, token);
          if (at < token.length()) {
            refusedOrEqual(
                token.substring(0, at) + TYPED.charAt(c) + token.substring(at + 1),
                position,
                token);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        ".",
        "...",
        "e1",
        "e1.5.n5",
        "e1.zzzzzzzzzzzzz.n5.0",
        "e1.-5.n5.0",
        "E1.5.N5.0",
        "1526919030474-55",
        "{\"epoch\":\"e1\"}"
      })
  void refusesWhatIsNoToken(@Nullable String token) {
    assertThatThrownBy(() -> Position.parse(token))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("position was " + (token == null ? null : "'" + token + "'") + ": " + RULE);
  }

  @Test
  void refusesAMillionCharactersAtOnce() {
    assertThatThrownBy(() -> Position.parse("a.".repeat(500_000)))
        .hasMessageStartingWith("position was 'a.a.")
        .hasMessageEndingWith("'… (1000000 characters): " + RULE);
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void refusesBadParts() {
    String epoch = ": must be 1 to 16 lower-case letters and digits";
    String nonce = epoch + ", and empty for version 0";
    refused(null, 5, "n5", "position epoch was null: must be given");
    refused("", 5, "n5", "position epoch was ''" + epoch);
    refused("E1", 5, "n5", "position epoch was 'E1'" + epoch);
    refused("0123456789abcdefg", 5, "n5", "position epoch was '0123456789abcdefg'" + epoch);
    refused("e1", -1, "", "position version was -1: must be 0 or more");
    refused("e1", 5, null, "position nonce was null: must be given");
    refused("e1", 5, "", "position nonce was ''" + nonce);
    refused("e1", 5, "n.5", "position nonce was 'n.5'" + nonce);
    refused("e1", 0, "n0", "position nonce was 'n0'" + nonce);
  }

  private static Position position(Random random) {
    long version = random.nextInt(10) == 0 ? 0 : random.nextLong() >>> (1 + random.nextInt(62));
    return new Position(
        Seeded.word(random, WORD, 16), version, version == 0 ? "" : Seeded.word(random, WORD, 16));
  }

  private static void refusedOrEqual(String token, Position position, String original) {
    try {
      assertThat(Position.parse(token)).as("%s for %s", token, original).isEqualTo(position);
      assertThat(token).isEqualTo(original);
    } catch (InvalidValueException e) {
      assertThat(token).isNotEqualTo(original);
    }
  }

  private static void refused(String epoch, long version, String nonce, String text) {
    assertThatThrownBy(() -> new Position(epoch, version, nonce))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage(text);
  }
}
