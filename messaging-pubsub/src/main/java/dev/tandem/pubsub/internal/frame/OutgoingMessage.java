package dev.tandem.pubsub.internal.frame;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tandem.api.Message;
import dev.tandem.api.error.InvalidValueException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
  private static final byte[] TEXT = ascii("\",\"encoding\":\"text\"}");
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
   * Encodes a message. A payload that is not JSON becomes a text, if it is UTF-8 and that is not
   * longer than Base64.
   *
   * @param id its id, or null if the frame will bear the ids
   * @param payload its bytes as the serde wrote them
   * @param isJson whether those are one JSON value in UTF-8, which is checked: what is not would
   *     make the whole frame unreadable
   * @throws InvalidValueException if a text cannot be written as UTF-8, or the payload is not JSON
   */
  public static OutgoingMessage of(
      @Nullable String id, Message<?> message, byte[] payload, boolean isJson) {
    JsonBytes out = new JsonBytes(size(id, message, payload, isJson));
    if (id == null) {
      out.add(TYPE_FIRST);
    } else {
      out.add(ID).quoted("message id", id).add(TYPE);
    }
    out.quoted("message type", message.type());
    String key = message.key();
    if (key != null) {
      out.add(KEY).quoted("message key", key);
    }
    if (!message.headers().isEmpty()) {
      headers(out, message);
    }
    Duration timeToLive = message.timeToLive();
    if (timeToLive != null) {
      out.add(TTL).add(ascii(Long.toString(timeToLive.toMillis())));
    }
    out.add(DATA);
    if (!isJson) {
      boolean isText = out.add('"').addText(payload, base64Length(payload));
      if (!isText) {
        out.base64(payload);
      }
      return new OutgoingMessage(out.add(isText ? TEXT : BASE64).toBytes());
    }
    byte[] json = out.add(payload).add('}').toBytes();
    if (!FrameParser.endsWithData(json)) {
      throw new InvalidValueException(
          "payload",
          payload.length + " bytes",
          "must be one JSON value in UTF-8, as the serde says");
    }
    return new OutgoingMessage(json);
  }

  private static int base64Length(byte[] payload) {
    return Math.multiplyExact((payload.length + 2) / 3, 4);
  }

  /** How many bytes it takes if nothing needs escapes and there is no key and so on. */
  private static int size(@Nullable String id, Message<?> message, byte[] payload, boolean isJson) {
    int data = isJson ? payload.length + 1 : 1 + base64Length(payload) + BASE64.length;
    int head = id == null ? TYPE_FIRST.length : ID.length + id.length() + 2 + TYPE.length;
    return Math.addExact(head + message.type().length() + 2 + DATA.length, data);
  }

  private static void headers(JsonBytes out, Message<?> message) {
    out.add(HEADERS);
    boolean first = true;
    for (Map.Entry<String, String> header : message.headers().asMap().entrySet()) {
      if (!first) {
        out.add(',');
      }
      first = false;
      out.quoted("header name", header.getKey())
          .add(':')
          .quoted("value of header " + header.getKey(), header.getValue());
    }
    out.add('}');
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }
}
