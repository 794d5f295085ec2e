package dev.tandem.api.serde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;

class InMemoryKeyringTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final EncryptionKey FIRST = EncryptionKey.generate("first", RANDOM);
  private static final EncryptionKey SECOND = EncryptionKey.generate("second", RANDOM);

  private final InMemoryKeyring keyring = InMemoryKeyring.of(FIRST);

  @Test
  void servesAllTenantsAlike() {
    assertThat(keyring.current("acme")).isSameAs(FIRST).isSameAs(keyring.current("other"));
    assertThat(keyring.find("acme", "first")).containsSame(FIRST);
    assertThat(keyring.find("acme", "second")).isEmpty();
  }

  @Test
  void addedKeysOnlyDecrypt() {
    keyring.add(SECOND);

    assertThat(keyring.current("acme")).isSameAs(FIRST);
    assertThat(keyring.find("acme", "second")).containsSame(SECOND);
  }

  @Test
  void rotationKeepsEarlierKeysAndMayGoBack() {
    keyring.rotateTo(SECOND);

    assertThat(keyring.current("acme")).isSameAs(SECOND);
    assertThat(keyring.find("acme", "first")).containsSame(FIRST);

    keyring.rotateTo(FIRST);

    assertThat(keyring.current("acme")).isSameAs(FIRST);
    assertThat(keyring.find("acme", "second")).containsSame(SECOND);
  }

  @Test
  void removesAnyButTheCurrentKey() {
    keyring.rotateTo(SECOND);
    keyring.remove("first");
    keyring.remove("unknown");

    assertThat(keyring.find("acme", "first")).isEmpty();
    refused(
        () -> keyring.remove("second"),
        "encryption key id was 'second': must not be the current key's");
  }

  @Test
  void oneIdIsOneKey() {
    EncryptionKey again = EncryptionKey.of("first", FIRST.secret().getEncoded());
    EncryptionKey other = EncryptionKey.generate("first", RANDOM);
    keyring.add(again);

    refused(
        () -> keyring.add(other),
        "encryption key id was 'first': must not be the id of another key");
    refused(
        () -> keyring.rotateTo(other),
        "encryption key id was 'first': must not be the id of another key");
  }

  @Test
  void printsNoKey() {
    keyring.rotateTo(SECOND);

    assertThat(keyring).hasToString("InMemoryKeyring[current=second, keys=2]");
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void refusesMissingKeys() {
    refused(() -> InMemoryKeyring.of(null), "encryption key was null: must be given");
    refused(() -> keyring.add(null), "encryption key was null: must be given");
    refused(() -> keyring.rotateTo(null), "encryption key was null: must be given");
    assertThat(keyring.current("acme")).isSameAs(FIRST);
  }

  private static void refused(Runnable call, String text) {
    assertThatThrownBy(call::run).isInstanceOf(InvalidValueException.class).hasMessage(text);
  }
}
