package dev.tandem.streams.internal.entry;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Headers;
import dev.tandem.api.error.SerdeException;
import java.io.ByteArrayOutputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Headers as a JSON object of texts, empty if there are none. */
final class HeaderFormat {
  private static final JsonFactory JSON = new JsonFactory();
  private static final byte[] NONE = {};

  private HeaderFormat() {}

  static byte[] write(Headers headers) {
    if (headers.isEmpty()) {
      return NONE;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(128);
    try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeStartObject();
      headers.forEach(json::writeStringProperty);
      json.writeEndObject();
    } catch (JacksonException e) {
      throw new SerdeException("headers cannot be written as JSON", e);
    }
    return out.toByteArray();
  }

  static Headers read(byte @Nullable [] value) {
    if (value == null || value.length == 0) {
      return Headers.none();
    }
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), new String(value, UTF_8))) {
      return Headers.received(object(json));
    } catch (JacksonException e) {
      throw new SerdeException("headers are not valid JSON", e);
    }
  }

  private static Map<String, String> object(JsonParser json) {
    Map<String, String> headers = new LinkedHashMap<>();
    require(json.nextToken() == JsonToken.START_OBJECT);
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = json.currentName();
      JsonToken token = json.nextToken();
      require(token.isScalarValue());
      if (token != JsonToken.VALUE_NULL) {
        headers.put(name, json.getString());
      }
    }
    require(json.currentToken() == JsonToken.END_OBJECT && json.nextToken() == null);
    return headers;
  }

  private static void require(boolean holds) {
    if (!holds) {
      throw new SerdeException("headers are not one JSON object of texts", null);
    }
  }
}
