package dev.tandem.api.serde.internal;

import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;

/** Hands bytes through. */
public final class BytesSerde implements Serde<byte[]> {
  /** The only instance. */
  public static final BytesSerde INSTANCE = new BytesSerde();

  private BytesSerde() {}

  @Override
  public byte[] serialize(byte[] payload, SerdeContext context) {
    return payload;
  }

  @Override
  public byte[] deserialize(byte[] bytes, SerdeContext context) {
    return bytes;
  }
}
