package dev.tandem.api.serde;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.Seeded;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.error.UnavailableException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EncryptionTest {
  private static final SerdeContext CONTEXT = new SerdeContext("acme", "orders");
  private static final String SECRET = "payload that nobody may see";
  private static final String KEY_TEXT = "key that nobody may see either!!";
  private static final EncryptionKey KEY = EncryptionKey.of("2026-01", KEY_TEXT.getBytes(UTF_8));
  private static final int ID_AT = 4;

  private final InMemoryKeyring keyring = InMemoryKeyring.of(KEY);
  private final Serde<String> serde = Serde.string().encrypted(keyring);

  @Test
  void payloadsRoundTripAndAreNeverJson() {
    Serde<String> wrapped = Serde.json(String.class).zstd().encrypted(keyring);
    for (String payload : new String[] {"", "x", SECRET, "grüße".repeat(10_000)}) {
      byte[] bytes = wrapped.serialize(payload, CONTEXT);

      assertThat(wrapped.deserialize(bytes, CONTEXT)).isEqualTo(payload);
    }
    assertThat(wrapped.isJson()).isFalse();
    assertThat(Serde.json(String.class).encrypted(keyring).isJson()).isFalse();
  }

  /** The bytes were made by another implementation: pyca/cryptography's AESGCM. */
  @Test
  void theFormIsTheOneDescribed() {
    byte[] key = new byte[32];
    byte[] nonce = new byte[12];
    for (int i = 0; i < key.length; i++) {
      key[i] = (byte) i;
    }
    for (int i = 0; i < nonce.length; i++) {
      nonce[i] = (byte) (0xa0 + i);
    }
    byte[] expected =
        HexFormat.of()
            .parseHex(
                "5445010732303236"
                    + "2d3031a0a1a2a3a4"
                    + "a5a6a7a8a9aaab81"
                    + "6abf91865467972d"
                    + "cf18dbc5bbf821c479db6afa57f0");
    Serde<String> fixed =
        Serde.string()
            .encrypted(
                InMemoryKeyring.of(EncryptionKey.of("2026-01", key)), new FixedRandom(nonce));
    SerdeContext context = new SerdeContext("org-münchen", "anything");

    assertThat(fixed.serialize("grüße", context)).isEqualTo(expected);
    assertThat(fixed.deserialize(expected, context)).isEqualTo("grüße");
  }

  @Test
  void everyMessageHasItsOwnNonce() {
    Set<String> nonces = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      byte[] bytes = serde.serialize(SECRET, CONTEXT);
      int at = ID_AT + KEY.id().length();
      nonces.add(HexFormat.of().formatHex(bytes, at, at + 12));
    }

    assertThat(nonces).hasSize(10_000);
  }

  @Test
  void bytesOpenAtEveryDestinationOfTheirTenantAndAtNoOthers() {
    byte[] bytes = serde.serialize(SECRET, CONTEXT);

    assertThat(serde.deserialize(bytes, new SerdeContext("acme", "board"))).isEqualTo(SECRET);
    refused(
        bytes,
        new SerdeContext("acm", "orders"),
        "payload of "
            + bytes.length
            + " bytes does not open with key '2026-01': changed, cut off,"
            + " made for another tenant or with another key of that id");
    refusedAnyhow(bytes, new SerdeContext("acme2", "orders"));
    refusedAnyhow(bytes, new SerdeContext("", "orders"));
  }

  @Test
  void tenantsThatUtf8WouldMixUpAreRefused() {
    assertThatThrownBy(() -> serde.serialize(SECRET, new SerdeContext("a\ud800", "orders")))
        .isInstanceOf(SerdeException.class)
        .hasMessage("tenant's name holds half a surrogate pair");
  }

  @Test
  void everyBitEveryCutAndEveryAdditionIsNoticed() {
    byte[] bytes = serde.serialize(SECRET, CONTEXT);
    for (int at = 0; at < bytes.length; at++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] changed = bytes.clone();
        changed[at] ^= (byte) (1 << bit);
        refusedAnyhow(changed, CONTEXT);
      }
      refusedAnyhow(Arrays.copyOf(bytes, at), CONTEXT);
      refusedAnyhow(Arrays.copyOfRange(bytes, at + 1, bytes.length), CONTEXT);
    }
    refusedAnyhow(Arrays.copyOf(bytes, bytes.length + 1), CONTEXT);
  }

  @Test
  void theKeyIdCannotBeExchangedEvenForTheSameKey() {
    keyring.add(EncryptionKey.of("2026-02", KEY.secret().getEncoded()));
    byte[] bytes = serde.serialize(SECRET, CONTEXT);
    bytes[ID_AT + KEY.id().length() - 1] = '2';

    refused(
        bytes,
        CONTEXT,
        "payload of "
            + bytes.length
            + " bytes does not open with key '2026-02': changed, cut off,"
            + " made for another tenant or with another key of that id");
  }

  @Test
  void unknownKeysAndOtherFormsAreNamed() {
    byte[] bytes = serde.serialize(SECRET, CONTEXT);
    keyring.rotateTo(EncryptionKey.generate("new", new SecureRandom()));
    keyring.remove("2026-01");

    refused(
        bytes,
        CONTEXT,
        "payload of "
            + bytes.length
            + " bytes names key '2026-01', which is unknown for tenant "
            + CONTEXT.tenant());
    for (String other : new String[] {"", "T", "{\"id\":1}", "TE\u0002\u0001k", "TE\u0001\u0000"}) {
      refused(
          other.getBytes(UTF_8),
          CONTEXT,
          "payload of " + other.length() + " bytes is not an encrypted payload, or cut off");
    }
  }

  @Test
  void aKeyringIsNeverAskedForWhatCannotBeAnId() {
    Set<String> asked = new HashSet<>();
    Serde<String> asking =
        Serde.string()
            .encrypted(
                new Keyring() {
                  @Override
                  public EncryptionKey current(String tenant) {
                    return KEY;
                  }

                  @Override
                  public Optional<EncryptionKey> find(String tenant, String keyId) {
                    asked.add(keyId);
                    return Optional.empty();
                  }
                });
    byte[] bytes = asking.serialize(SECRET, CONTEXT);
    for (int value = 0; value < 256; value++) {
      bytes[ID_AT] = (byte) value;
      assertThatThrownBy(() -> asking.deserialize(bytes, CONTEXT))
          .isInstanceOf(SerdeException.class);
    }

    assertThat(asked).hasSize(26 + 26 + 10 + 3).allMatch(EncryptionKey::isId);
  }

  @Test
  void anotherKeyOfTheSameIdDoesNotOpen() {
    byte[] bytes = serde.serialize(SECRET, CONTEXT);
    Serde<String> other =
        Serde.string()
            .encrypted(InMemoryKeyring.of(EncryptionKey.generate("2026-01", new SecureRandom())));

    assertThatThrownBy(() -> other.deserialize(bytes, CONTEXT))
        .isInstanceOf(SerdeException.class)
        .hasMessageContaining("does not open with key '2026-01'");
  }

  @Test
  void keysRotateWhileMessagesFlow() throws Exception {
    int rotations = 200;
    List<byte[]> sent = new ArrayList<>();
    ExecutorService publisher = Executors.newSingleThreadExecutor();
    try {
      Future<?> rotating =
          publisher.submit(
              () -> {
                for (int i = 0; i < rotations; i++) {
                  keyring.rotateTo(EncryptionKey.generate("key-" + i, new SecureRandom()));
                }
              });
      do {
        sent.add(serde.serialize(SECRET, CONTEXT));
      } while (!rotating.isDone());
      rotating.get(30, TimeUnit.SECONDS);
    } finally {
      publisher.shutdownNow();
    }
    sent.add(serde.serialize(SECRET, CONTEXT));

    assertThat(sent).allSatisfy(b -> assertThat(serde.deserialize(b, CONTEXT)).isEqualTo(SECRET));
    assertThat(new String(sent.get(sent.size() - 1), UTF_8)).startsWith("TE\u0001\u0007key-199");
  }

  @Test
  void aKeyringMayKeepTenantsApart() {
    EncryptionKey acme = EncryptionKey.generate("k1", new SecureRandom());
    EncryptionKey other = EncryptionKey.generate("k1", new SecureRandom());
    Serde<String> apart =
        Serde.string()
            .encrypted(
                new Keyring() {
                  @Override
                  public EncryptionKey current(String tenant) {
                    return tenant.equals("acme") ? acme : other;
                  }

                  @Override
                  public Optional<EncryptionKey> find(String tenant, String keyId) {
                    return Optional.of(current(tenant)).filter(key -> key.id().equals(keyId));
                  }
                });
    SerdeContext elsewhere = new SerdeContext("other", "orders");

    for (SerdeContext context : List.of(CONTEXT, elsewhere)) {
      assertThat(apart.deserialize(apart.serialize(SECRET, context), context)).isEqualTo(SECRET);
    }
    assertThatThrownBy(() -> apart.deserialize(apart.serialize(SECRET, CONTEXT), elsewhere))
        .isInstanceOf(SerdeException.class);
  }

  @Test
  void aKeyringThatIsAwayIsNotAnUnreadablePayload() {
    UnavailableException away = new UnavailableException("keys are away", null);
    Serde<String> failing = Serde.string().encrypted(new FailingKeyring(away));
    byte[] bytes = serde.serialize(SECRET, CONTEXT);

    assertThatThrownBy(() -> failing.serialize(SECRET, CONTEXT)).isSameAs(away);
    assertThatThrownBy(() -> failing.deserialize(bytes, CONTEXT)).isSameAs(away);
  }

  @Test
  void aKeyringThatIsBrokenIsASerdeFailure() {
    RuntimeException bug = new IllegalStateException("bug");
    Serde<String> failing = Serde.string().encrypted(new FailingKeyring(bug));
    byte[] bytes = serde.serialize(SECRET, CONTEXT);

    assertThatThrownBy(() -> failing.serialize(SECRET, CONTEXT))
        .isInstanceOf(SerdeException.class)
        .hasMessage("keyring failed")
        .hasCause(bug);
    assertThatThrownBy(() -> failing.deserialize(bytes, CONTEXT))
        .isInstanceOf(SerdeException.class)
        .hasCause(bug);
  }

  @Test
  void compressionComesFirst() {
    String text = "compressible ".repeat(1_000);

    assertThat(Serde.string().gzip().encrypted(keyring).serialize(text, CONTEXT))
        .hasSizeLessThan(500);
    assertThatThrownBy(serde::gzip)
        .isInstanceOf(InvalidValueException.class)
        .hasMessage(
            "compression was 'of an encrypted serde': must come before encryption to have any"
                + " effect");
  }

  @Test
  void noiseAndMutantsAreRefused() {
    Random random = Seeded.random();
    byte[] valid = serde.serialize(SECRET, CONTEXT);
    for (int i = 0; i < 20_000; i++) {
      byte[] mutant = Seeded.mutated(random, valid);
      if (!Arrays.equals(mutant, valid)) {
        refusedAnyhow(mutant, CONTEXT);
      }
      byte[] noise = new byte[random.nextInt(100)];
      random.nextBytes(noise);
      refusedAnyhow(noise, CONTEXT);
    }
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void needsItsParts() {
    assertThatThrownBy(() -> Serde.string().encrypted(null))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("keyring was null: must be given");
    assertThatThrownBy(() -> Serde.string().encrypted(keyring, null))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("random was null: must be given");
  }

  private void refused(byte[] bytes, SerdeContext context, String text) {
    assertThatThrownBy(() -> serde.deserialize(bytes, context))
        .isInstanceOf(SerdeException.class)
        .hasMessage(text);
  }

  private void refusedAnyhow(byte[] bytes, SerdeContext context) {
    assertThatThrownBy(() -> serde.deserialize(bytes, context))
        .isInstanceOfSatisfying(
            SerdeException.class,
            error -> {
              assertThat(error.tenant()).contains(context.tenant());
              assertThat(printed(error))
                  .doesNotContain(SECRET, KEY_TEXT)
                  .doesNotContain(HexFormat.of().formatHex(KEY_TEXT.getBytes(UTF_8)));
            });
  }

  private static String printed(Throwable error) {
    StringWriter text = new StringWriter();
    error.printStackTrace(new PrintWriter(text, true));
    return text.toString();
  }

  private static final class FixedRandom extends SecureRandom {
    private static final long serialVersionUID = 1L;
    private final byte[] fixed;

    FixedRandom(byte[] fixed) {
      this.fixed = fixed;
    }

    @Override
    public void nextBytes(byte[] bytes) {
      System.arraycopy(fixed, 0, bytes, 0, bytes.length);
    }
  }

  private record FailingKeyring(RuntimeException error) implements Keyring {
    @Override
    public EncryptionKey current(String tenant) {
      throw error;
    }

    @Override
    public Optional<EncryptionKey> find(String tenant, String keyId) {
      throw error;
    }
  }
}
