package dev.tandem.api.serde.internal;

import dev.tandem.api.error.SerdeException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.JsonType;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.exc.InvalidDefinitionException;
import tools.jackson.databind.json.JsonMapper;

/** JSON for one type; bytes never choose a class. Equal to others for the same type. */
public final class JsonSerde<T> implements Serde<T> {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .polymorphicTypeValidator(new NoClassNames())
          .build();

  private final String type;
  private final JavaType resolved;
  private final ObjectWriter writer;
  private final ObjectReader reader;

  private JsonSerde(Type type) {
    this.resolved = MAPPER.getTypeFactory().constructType(type);
    this.type = type.getTypeName();
    this.writer = MAPPER.writerFor(resolved);
    this.reader = MAPPER.readerFor(resolved);
  }

  /** A serde for this class. */
  public static <T> Serde<T> of(Class<T> type) {
    return new JsonSerde<>(Require.notNull("type", type));
  }

  /** A serde for this generic type. */
  public static <T> Serde<T> of(JsonType<T> type) {
    return new JsonSerde<>(Require.notNull("type", type).type());
  }

  @Override
  public byte[] serialize(T payload, SerdeContext context) {
    try {
      return writer.writeValueAsBytes(payload);
    } catch (RuntimeException e) {
      throw new SerdeException(
          "cannot write " + type + " as JSON" + kind(e),
          e,
          context.tenant(),
          context.destination());
    }
  }

  @Override
  public T deserialize(byte[] bytes, SerdeContext context) {
    T payload;
    try {
      payload = reader.readValue(bytes);
    } catch (RuntimeException e) {
      // Without its cause: Jackson's messages quote the payload.
      throw new SerdeException(
          "payload of " + bytes.length + " bytes is not JSON for " + type + kind(e),
          null,
          context.tenant(),
          context.destination());
    }
    if (payload == null) {
      throw new SerdeException(
          "payload is JSON null, not a " + type, null, context.tenant(), context.destination());
    }
    return payload;
  }

  @Override
  public boolean isJson() {
    return true;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof JsonSerde<?> serde && serde.resolved.equals(resolved);
  }

  @Override
  public int hashCode() {
    return resolved.hashCode();
  }

  /** Names the error, and the Java type or the place in the input to blame: none is payload. */
  private static String kind(RuntimeException e) {
    String at = "";
    if (e instanceof InvalidDefinitionException definition && definition.getType() != null) {
      at = " at " + definition.getType().getRawClass().getName();
    } else if (e instanceof JacksonException jackson
        && jackson.getLocation() != null
        && jackson.getLocation().getByteOffset() >= 0) {
      at = " at byte " + jackson.getLocation().getByteOffset();
    }
    return " (" + e.getClass().getSimpleName() + at + ")";
  }
}
