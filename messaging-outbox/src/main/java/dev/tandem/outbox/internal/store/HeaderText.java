package dev.tandem.outbox.internal.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Headers;
import dev.tandem.api.serde.JsonType;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import java.util.LinkedHashMap;
import java.util.Map;

/** Headers as a JSON object of texts. */
public final class HeaderText {
  private static final Serde<Map<String, String>> JSON =
      Serde.json(new JsonType<Map<String, String>>() {});
  private static final SerdeContext NOWHERE = new SerdeContext("", "");

  private HeaderText() {}

  static String write(Headers headers) {
    return headers.isEmpty() ? "{}" : new String(JSON.serialize(headers.asMap(), NOWHERE), UTF_8);
  }

  /**
   * Reads what was written, and adds one more.
   *
   * @throws dev.tandem.api.error.SerdeException if it is something else
   */
  public static Headers read(String text, String name, String value) {
    Map<String, String> headers =
        new LinkedHashMap<>(JSON.deserialize(text.getBytes(UTF_8), NOWHERE));
    headers.put(name, value);
    return Headers.received(headers);
  }
}
