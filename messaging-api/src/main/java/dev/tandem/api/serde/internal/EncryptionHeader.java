package dev.tandem.api.serde.internal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tandem.api.serde.EncryptionKey;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What stands in clear before the ciphertext: magic, version, key id, nonce. */
final class EncryptionHeader {
  static final int NONCE_LENGTH = 12;

  private static final byte[] MAGIC = {'T', 'E'};
  private static final byte VERSION = 1;
  private static final int KEY_ID = MAGIC.length + 2;

  private final String keyId;
  private final byte[] bytes;

  private EncryptionHeader(String keyId, byte[] bytes) {
    this.keyId = keyId;
    this.bytes = bytes;
  }

  static EncryptionHeader of(String keyId, byte[] nonce) {
    ByteBuffer header = ByteBuffer.allocate(KEY_ID + keyId.length() + nonce.length);
    header.put(MAGIC).put(VERSION).put((byte) keyId.length());
    header.put(keyId.getBytes(US_ASCII)).put(nonce);
    return new EncryptionHeader(keyId, header.array());
  }

  /** The header at the start of these bytes, or null if there is none of this version. */
  static @Nullable EncryptionHeader read(byte[] message) {
    if (message.length < KEY_ID
        || message[0] != MAGIC[0]
        || message[1] != MAGIC[1]
        || message[2] != VERSION) {
      return null;
    }
    int idLength = message[3];
    int length = KEY_ID + idLength + NONCE_LENGTH;
    if (idLength < 0 || message.length < length) {
      return null;
    }
    String keyId = new String(message, KEY_ID, idLength, US_ASCII);
    if (!EncryptionKey.isId(keyId)) {
      return null;
    }
    return new EncryptionHeader(keyId, ByteBuffer.allocate(length).put(message, 0, length).array());
  }

  String keyId() {
    return keyId;
  }

  /** All of it; nobody changes the array. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return bytes.length;
  }

  int nonceOffset() {
    return bytes.length - NONCE_LENGTH;
  }
}
