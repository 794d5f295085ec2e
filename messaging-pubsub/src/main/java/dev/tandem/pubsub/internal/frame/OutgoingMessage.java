package dev.tandem.pubsub.internal.frame;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tandem.api.Message;
import dev.tandem.api.error.InvalidValueException;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * One message as it stands in a frame: a JSON object, encoded by the thread that publishes.
 *
 * <p>Thread safety: immutable.
 */
public final class OutgoingMessage {
  private static final byte[] ID = ascii("{\"id\":");
  private static final byte[] TYPE_FIRST = ascii("{\"type\":");
  private static final byte[] TYPE = ascii(",\"type\":");
  private static final byte[] KEY = ascii(",\"key\":");
  private static final byte[] HEADERS = ascii(",\"headers\":{");
  private static final byte[] TTL = ascii(",\"ttl\":");
  private static final byte[] DATA = ascii(",\"data\":");
  private static final byte[] BASE64 = ascii("\",\"encoding\":\"base64\"}");

  private final byte[] json;

  private OutgoingMessage(byte[] json) {
    this.json = json;
  }

  /** The object in UTF-8; shared, do not change. */
  public byte[] json() {
    return json;
  }

  /**
   * Encodes a message.
   *
   * @param id its id, or null if the frame will bear the ids
   * @param payload its bytes as the serde wrote them
   * @param isJson whether those are one JSON value in UTF-8, which is checked: what is not would
   *     make the whole frame unreadable
   * @throws InvalidValueException if a text cannot be written as UTF-8, or the payload is not JSON
   */
  public static OutgoingMessage of(
      @Nullable String id, Message<?> message, byte[] payload, boolean isJson) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(payload.length + 160);
    if (id == null) {
      out.writeBytes(TYPE_FIRST);
    } else {
      out.writeBytes(ID);
      quoted(out, "message id", id);
      out.writeBytes(TYPE);
    }
    quoted(out, "message type", message.type());
    String key = message.key();
    if (key != null) {
      out.writeBytes(KEY);
      quoted(out, "message key", key);
    }
    if (!message.headers().isEmpty()) {
      headers(out, message);
    }
    Duration timeToLive = message.timeToLive();
    if (timeToLive != null) {
      out.writeBytes(TTL);
      out.writeBytes(ascii(Long.toString(timeToLive.toMillis())));
    }
    out.writeBytes(DATA);
    if (!isJson) {
      out.write('"');
      out.writeBytes(Base64.getEncoder().encode(payload));
      out.writeBytes(BASE64);
      return new OutgoingMessage(out.toByteArray());
    }
    out.writeBytes(payload);
    out.write('}');
    byte[] json = out.toByteArray();
    if (!FrameParser.endsWithData(json)) {
      throw new InvalidValueException(
          "payload",
          payload.length + " bytes",
          "must be one JSON value in UTF-8, as the serde says");
    }
    return new OutgoingMessage(json);
  }

  private static void headers(ByteArrayOutputStream out, Message<?> message) {
    out.writeBytes(HEADERS);
    int start = out.size();
    message
        .headers()
        .forEach(
            (name, value) -> {
              if (out.size() > start) {
                out.write(',');
              }
              quoted(out, "header name", name);
              out.write(':');
              quoted(out, "value of header " + name, value);
            });
    out.write('}');
  }

  private static void quoted(ByteArrayOutputStream out, String what, String text) {
    out.write('"');
    try {
      out.writeBytes(JsonStringEncoder.getInstance().quoteAsUTF8(text));
    } catch (IllegalArgumentException e) {
      throw new InvalidValueException(what, text, "must be valid Unicode (no lone surrogates)", e);
    }
    out.write('"');
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }
}
