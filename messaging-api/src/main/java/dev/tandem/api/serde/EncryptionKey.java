package dev.tandem.api.serde;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.regex.Pattern;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * An AES-256 key and the id that messages name it by. The id travels in clear; the key is never
 * printed.
 *
 * <p>One id must never name two keys, nor one key have two ids.
 *
 * <p>Thread safety: immutable.
 */
public final class EncryptionKey {
  /** The length of a key, in bytes. */
  public static final int KEY_LENGTH = 32;

  /** The longest id, in characters. */
  public static final int MAX_ID = 64;

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1," + MAX_ID + "}");

  private final String id;
  private final SecretKey secret;

  private EncryptionKey(String id, byte[] key) {
    if (!isId(Require.notNull("encryption key id", id))) {
      throw new InvalidValueException(
          "encryption key id", id, "must be 1 to " + MAX_ID + " letters, digits, '-', '_' or '.'");
    }
    int length = Require.notNull("encryption key", key).length;
    if (length != KEY_LENGTH) {
      throw new InvalidValueException(
          "length of encryption key " + id, length, "must be " + KEY_LENGTH + " bytes");
    }
    this.id = id;
    this.secret = new SecretKeySpec(key, "AES");
  }

  /**
   * A key from its bytes, which are copied.
   *
   * @param id 1 to {@value #MAX_ID} letters, digits, {@code -}, {@code _} or {@code .}
   * @param key {@value #KEY_LENGTH} bytes from a source of good randomness, not a password
   * @throws InvalidValueException if either breaks its rule; the key is not shown
   */
  public static EncryptionKey of(String id, byte[] key) {
    return new EncryptionKey(id, key);
  }

  /** A new key. It lives in this process only: keep it elsewhere, or its messages are lost. */
  public static EncryptionKey generate(String id, SecureRandom random) {
    byte[] key = new byte[KEY_LENGTH];
    Require.notNull("random", random).nextBytes(key);
    return new EncryptionKey(id, key);
  }

  /** Whether a text may be the id of a key. */
  public static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  /** What messages name it by. */
  public String id() {
    return id;
  }

  /** The key itself, for a cipher. */
  public SecretKey secret() {
    return secret;
  }

  boolean sameSecret(EncryptionKey other) {
    return MessageDigest.isEqual(secret.getEncoded(), other.secret.getEncoded());
  }

  /** The id only. */
  @Override
  public String toString() {
    return "EncryptionKey[" + id + "]";
  }
}
