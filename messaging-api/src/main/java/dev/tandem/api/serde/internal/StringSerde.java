package dev.tandem.api.serde.internal;

import dev.tandem.api.error.SerdeException;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import java.nio.charset.CharacterCodingException;

/** Text in UTF-8; what is not text or not UTF-8 is refused, not replaced. */
public final class StringSerde implements Serde<String> {
  /** The only instance. */
  public static final StringSerde INSTANCE = new StringSerde();

  private StringSerde() {}

  @Override
  public byte[] serialize(String payload, SerdeContext context) {
    try {
      return Utf8.encode(payload);
    } catch (CharacterCodingException e) {
      throw new SerdeException(
          "text of " + payload.length() + " characters holds half a surrogate pair",
          e,
          context.tenant(),
          context.destination());
    }
  }

  @Override
  public String deserialize(byte[] bytes, SerdeContext context) {
    try {
      return Utf8.decode(bytes);
    } catch (CharacterCodingException e) {
      throw new SerdeException(
          "payload of " + bytes.length + " bytes is not UTF-8 text",
          e,
          context.tenant(),
          context.destination());
    }
  }
}
