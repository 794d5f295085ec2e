package dev.tandem.api.serde.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.error.SerdeException;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;

/** Text in UTF-8; bytes that are not UTF-8 are refused, not replaced. */
public final class StringSerde implements Serde<String> {
  /** The only instance. */
  public static final StringSerde INSTANCE = new StringSerde();

  private StringSerde() {}

  @Override
  public byte[] serialize(String payload, SerdeContext context) {
    return payload.getBytes(UTF_8);
  }

  @Override
  public String deserialize(byte[] bytes, SerdeContext context) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new SerdeException("payload of " + bytes.length + " bytes is not UTF-8 text", e);
    }
  }
}
