package dev.tandem.api.serde.internal;

import dev.tandem.api.error.SerdeException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/** JSON for one class, with Jackson's default typing off: bytes never choose a class. */
public final class JsonSerde<T> implements Serde<T> {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Class<T> type;
  private final ObjectWriter writer;
  private final ObjectReader reader;

  private JsonSerde(Class<T> type) {
    this.type = type;
    this.writer = MAPPER.writerFor(type);
    this.reader = MAPPER.readerFor(type);
  }

  /** A serde for this class. */
  public static <T> JsonSerde<T> of(Class<T> type) {
    return new JsonSerde<>(Require.notNull("type", type));
  }

  @Override
  public byte[] serialize(T payload, SerdeContext context) {
    try {
      return writer.writeValueAsBytes(payload);
    } catch (JacksonException e) {
      throw new SerdeException(
          "cannot write " + type.getName() + " as JSON: " + e.getOriginalMessage(), e);
    }
  }

  @Override
  public T deserialize(byte[] bytes, SerdeContext context) {
    T payload;
    try {
      payload = reader.readValue(bytes);
    } catch (JacksonException e) {
      throw new SerdeException(
          "payload of "
              + bytes.length
              + " bytes is not JSON for "
              + type.getName()
              + " ("
              + e.getClass().getSimpleName()
              + ")",
          null);
    }
    if (payload == null) {
      throw new SerdeException("payload is JSON null, not a " + type.getName(), null);
    }
    return payload;
  }

  @Override
  public boolean isJson() {
    return true;
  }
}
