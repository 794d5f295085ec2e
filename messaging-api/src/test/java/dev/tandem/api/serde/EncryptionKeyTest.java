package dev.tandem.api.serde;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import java.security.SecureRandom;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EncryptionKeyTest {
  private static final byte[] BYTES = "0123456789abcdef0123456789abcdef".getBytes(US_ASCII);

  @Test
  void copiesItsBytesAndPrintsOnlyItsId() {
    byte[] bytes = BYTES.clone();
    EncryptionKey key = EncryptionKey.of("2026-01", bytes);
    Arrays.fill(bytes, (byte) 0);

    assertThat(key.secret().getEncoded()).isEqualTo(BYTES);
    assertThat(key.secret().getAlgorithm()).isEqualTo("AES");
    assertThat(key.id()).isEqualTo("2026-01");
    assertThat(key).hasToString("EncryptionKey[2026-01]");
  }

  @Test
  void generatedKeysDiffer() {
    SecureRandom random = new SecureRandom();
    EncryptionKey one = EncryptionKey.generate("a", random);
    EncryptionKey other = EncryptionKey.generate("a", random);

    assertThat(one.secret().getEncoded()).hasSize(32).isNotEqualTo(other.secret().getEncoded());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a b", "a/b", "ä", "a\u0000", "a\n", "*"})
  void refusesOtherIds(String id) {
    assertThat(EncryptionKey.isId(id)).isFalse();
    assertThatThrownBy(() -> EncryptionKey.of(id, BYTES))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageStartingWith("encryption key id was '")
        .hasMessageEndingWith("': must be 1 to 64 letters, digits, '-', '_' or '.'");
  }

  @Test
  void idsHaveALimit() {
    assertThat(EncryptionKey.isId("x".repeat(64))).isTrue();
    assertThat(EncryptionKey.isId("x".repeat(65))).isFalse();
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void refusesOtherLengthsWithoutShowingTheKey() {
    for (int length : new int[] {0, 16, 24, 31, 33}) {
      assertThatThrownBy(() -> EncryptionKey.of("k", new byte[length]))
          .isInstanceOf(InvalidValueException.class)
          .hasMessage("length of encryption key k was " + length + ": must be 32 bytes");
    }
    assertThatThrownBy(() -> EncryptionKey.of("k", null))
        .hasMessage("encryption key was null: must be given");
    assertThatThrownBy(() -> EncryptionKey.of(null, BYTES))
        .hasMessage("encryption key id was null: must be given");
  }
}
