package dev.tandem.api.serde.internal;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.Compression;
import dev.tandem.api.serde.EncryptionKey;
import dev.tandem.api.serde.Keyring;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import java.nio.charset.CharacterCodingException;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.function.Supplier;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import org.jspecify.annotations.Nullable;

/** Encrypts and authenticates the bytes of another serde; the form is described at the factory. */
public final class EncryptingSerde<T> implements Serde<T> {
  private static final int TAG_LENGTH = 16;

  private final Serde<T> inner;
  private final Keyring keyring;
  private final SecureRandom random;

  private EncryptingSerde(Serde<T> inner, Keyring keyring, SecureRandom random) {
    this.inner = inner;
    this.keyring = keyring;
    this.random = random;
  }

  /** Wraps a serde. */
  public static <T> Serde<T> of(Serde<T> inner, Keyring keyring, SecureRandom random) {
    return new EncryptingSerde<>(
        inner, Require.notNull("keyring", keyring), Require.notNull("random", random));
  }

  @Override
  public Serde<T> compressed(Compression compression) {
    throw new InvalidValueException(
        "compression", "of an encrypted serde", "must come before encryption to have any effect");
  }

  @Override
  public byte[] serialize(T payload, SerdeContext context) {
    byte[] plain = inner.serialize(payload, context);
    EncryptionKey key = ask(() -> keyring.current(context.tenant()), context);
    byte[] nonce = new byte[EncryptionHeader.NONCE_LENGTH];
    random.nextBytes(nonce);
    EncryptionHeader header = EncryptionHeader.of(key.id(), nonce);
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, key, header, context);
      byte[] sealed =
          Arrays.copyOf(header.bytes(), Math.addExact(header.length() + TAG_LENGTH, plain.length));
      cipher.doFinal(plain, 0, plain.length, sealed, header.length());
      return sealed;
    } catch (GeneralSecurityException | ArithmeticException e) {
      throw failure("payload cannot be encrypted with key '" + key.id() + "'", e, context);
    }
  }

  @Override
  public T deserialize(byte[] bytes, SerdeContext context) {
    return inner.deserialize(open(bytes, context), context);
  }

  private byte[] open(byte[] sealed, SerdeContext context) {
    String what = "payload of " + sealed.length + " bytes ";
    EncryptionHeader header = EncryptionHeader.read(sealed);
    if (header == null || sealed.length < header.length() + TAG_LENGTH) {
      throw failure(what + "is not an encrypted payload, or cut off", null, context);
    }
    EncryptionKey key =
        ask(() -> keyring.find(context.tenant(), header.keyId()), context)
            .orElseThrow(
                () ->
                    failure(
                        what
                            + "names key '"
                            + header.keyId()
                            + "', which is unknown for tenant "
                            + context.tenant(),
                        null,
                        context));
    try {
      return cipher(Cipher.DECRYPT_MODE, key, header, context)
          .doFinal(sealed, header.length(), sealed.length - header.length());
    } catch (AEADBadTagException e) {
      throw failure(
          what
              + "does not open with key '"
              + key.id()
              + "': changed, cut off, made for another tenant or with another key of that id",
          null,
          context);
    } catch (GeneralSecurityException e) {
      throw failure(what + "cannot be decrypted with key '" + key.id() + "'", e, context);
    }
  }

  private static Cipher cipher(
      int mode, EncryptionKey key, EncryptionHeader header, SerdeContext context)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(
        mode,
        key.secret(),
        new GCMParameterSpec(
            TAG_LENGTH * Byte.SIZE,
            header.bytes(),
            header.nonceOffset(),
            EncryptionHeader.NONCE_LENGTH));
    cipher.updateAAD(header.bytes());
    try {
      cipher.updateAAD(Utf8.encode(context.tenant()));
    } catch (CharacterCodingException e) {
      throw failure("tenant's name holds half a surrogate pair", e, context);
    }
    return cipher;
  }

  private static <R> R ask(Supplier<R> question, SerdeContext context) {
    try {
      return question.get();
    } catch (MessagingException e) {
      throw e;
    } catch (RuntimeException e) {
      throw failure("keyring failed", e, context);
    }
  }

  private static SerdeException failure(
      String message, @Nullable Throwable cause, SerdeContext context) {
    return new SerdeException(message, cause, context.tenant(), context.destination());
  }
}
