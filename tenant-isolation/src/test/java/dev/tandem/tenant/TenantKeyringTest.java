package dev.tandem.tenant;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.serde.EncryptionKey;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class TenantKeyringTest {
  private static final Tenant ACME = Tenant.of("acme");
  private static final Tenant ACME2 = Tenant.of("acme2");

  private final EncryptionKey first = EncryptionKey.generate("k-1", new SecureRandom());
  private final EncryptionKey second = EncryptionKey.generate("k-2", new SecureRandom());
  private final TenantKeyring keyring = TenantKeyring.create();
  private final Serde<String> serde = Serde.string().encrypted(keyring);

  private byte[] write(Tenant tenant) {
    return serde.serialize("plain", new SerdeContext(tenant.name(), "orders"));
  }

  private String read(Tenant tenant, byte[] bytes) {
    return serde.deserialize(bytes, new SerdeContext(tenant.name(), "orders"));
  }

  private static String keyOf(byte[] bytes) {
    return new String(bytes, 4, bytes[3], UTF_8);
  }

  @Test
  void aNewKeyIsUsedOnlyOnceItIsCurrentAndOldMessagesStayReadable() {
    keyring.add(ACME, first);
    byte[] old = write(ACME);
    keyring.add(ACME, second);
    assertThat(keyOf(write(ACME))).isEqualTo("k-1");
    keyring.rotateTo(ACME, second);
    assertThat(keyOf(write(ACME))).isEqualTo("k-2");
    assertThat(read(ACME, old)).isEqualTo("plain");
    assertThat(read(ACME, write(ACME))).isEqualTo("plain");
    assertThat(keyring.keyIds(ACME)).containsExactly("k-1", "k-2");

    keyring.retire(ACME, "k-1");

    assertThatThrownBy(() -> read(ACME, old))
        .isInstanceOf(SerdeException.class)
        .hasMessageContaining("names key 'k-1', which is unknown for tenant acme");
    assertThat(read(ACME, write(ACME))).isEqualTo("plain");
  }

  @Test
  void tenantsHaveKeysOfTheirOwn() {
    keyring.load(ACME, first, List.of());
    byte[] bytes = write(ACME);
    assertThatThrownBy(() -> write(ACME2))
        .isInstanceOf(SerdeException.class)
        .hasMessage("tenant acme2 has no encryption key");
    keyring.load(ACME2, second, List.of());
    assertThatThrownBy(() -> read(ACME2, bytes))
        .hasMessageContaining("names key 'k-1', which is unknown for tenant acme2");
    keyring.add(ACME2, first); // even so
    assertThatThrownBy(() -> read(ACME2, bytes)).hasMessageContaining("does not open with key");
    assertThat(keyring.tenants()).containsExactlyInAnyOrder(ACME, ACME2);

    assertThat(keyring.forget(ACME)).isTrue();
    assertThat(keyring.forget(ACME)).isFalse();
    assertThatThrownBy(() -> read(ACME, bytes)).isInstanceOf(SerdeException.class);
    assertThat(read(ACME2, write(ACME2))).isEqualTo("plain");
  }

  @Test
  void contradictionsAreRefusedAndChangeNothing() {
    keyring.load(ACME, first, List.of(second));
    EncryptionKey impostor = EncryptionKey.generate("k-2", new SecureRandom());
    String secret = Base64.getEncoder().encodeToString(impostor.secret().getEncoded());
    for (Runnable call :
        List.<Runnable>of(
            () -> keyring.add(ACME, impostor),
            () -> keyring.rotateTo(ACME, impostor),
            () -> keyring.load(ACME, second, List.of(first, impostor)),
            () -> keyring.retire(ACME, "k-1"))) {
      assertThatThrownBy(call::run)
          .isInstanceOf(InvalidValueException.class)
          .hasMessageContaining("of tenant acme")
          .hasMessageNotContaining(secret);
    }
    assertThat(keyOf(write(ACME))).isEqualTo("k-1");
    assertThat(keyring.find("acme", "k-2")).containsSame(second);
    keyring.add(ACME, second);
    keyring.retire(ACME, "unknown");
    keyring.retire(ACME2, "unknown");
    assertThat(keyring.keyIds(ACME)).containsExactly("k-1", "k-2");
    assertThat(keyring.keyIds(ACME2)).isEmpty();
    assertThat(keyring).hasToString("TenantKeyring[tenants=1]");
  }
}
