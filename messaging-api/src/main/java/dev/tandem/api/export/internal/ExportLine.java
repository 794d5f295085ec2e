package dev.tandem.api.export.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Headers;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.serde.JsonType;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One exported message in the form that {@link dev.tandem.api.export.ExportPage} describes.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class ExportLine {
  private static final Serde<Map<String, Object>> JSON =
      Serde.json(new JsonType<Map<String, Object>>() {});
  private static final String PAYLOAD = "payload";
  private static final String RAW = "payloadBase64";

  private final SerdeContext context;
  private final Map<String, Object> members = new LinkedHashMap<>();
  private final Map<String, String> details = new LinkedHashMap<>();
  private byte[] raw = {};

  /**
   * A line that says where its message is.
   *
   * @param kind what is exported
   * @param destination the topic, category or channel, for errors
   */
  public ExportLine(String tenant, String kind, String destination) {
    this.context = new SerdeContext(tenant, destination);
    members.put("tenant", tenant);
    members.put("kind", kind);
  }

  /** A part of where it is. */
  public ExportLine where(String what, String name) {
    members.put(what, clean(name));
    return this;
  }

  /** What it is called there, and when the server took it, if that is known. */
  public ExportLine id(String id, @Nullable Instant time) {
    members.put("id", clean(id));
    if (time != null) {
      members.put("time", time.toString());
    }
    members.put("details", details);
    return this;
  }

  /** Something that only its kind has; nothing if it is empty. */
  public ExportLine detail(String name, String value) {
    if (!value.isEmpty()) {
      details.put(name, clean(value));
    }
    return this;
  }

  /** What stands beside the payload. */
  public ExportLine message(String type, @Nullable String key, Headers headers) {
    members.put("type", clean(type));
    if (key != null) {
      members.put("key", clean(key));
    }
    if (!headers.isEmpty()) {
      Map<String, String> texts = new LinkedHashMap<>();
      headers.forEach((name, value) -> texts.put(clean(name), clean(value)));
      members.put("headers", texts);
    }
    return this;
  }

  /**
   * The payload, read if there is a serde for it.
   *
   * @throws MessagingException if the serde cannot read it now but may later: its keys are away
   */
  public ExportLine payload(byte[] bytes, @Nullable Serde<?> serde) {
    raw = bytes;
    if (serde == null) {
      return undecoded("");
    }
    try {
      members.put(PAYLOAD, serde.deserialize(bytes.clone(), context));
      return this;
    } catch (SerdeException e) {
      return undecoded(String.valueOf(e.getMessage()));
    } catch (MessagingException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      return undecoded("the serde failed to read: " + e.getClass().getName());
    }
  }

  /** The fields of what is no message. */
  public ExportLine fields(Map<String, byte[]> fields, String error) {
    members.put("error", error);
    Map<String, String> encoded = new LinkedHashMap<>();
    fields.forEach((name, value) -> encoded.put(name, Base64.getEncoder().encodeToString(value)));
    members.put("fields", encoded);
    return this;
  }

  private ExportLine undecoded(String error) {
    members.remove(PAYLOAD);
    members.put(RAW, Base64.getEncoder().encodeToString(raw));
    if (!error.isEmpty()) {
      members.put("error", error);
    }
    return this;
  }

  /** The line, without an end. */
  public String text() {
    if (details.isEmpty()) {
      members.remove("details");
    }
    try {
      return written();
    } catch (SerdeException e) {
      if (!members.containsKey(PAYLOAD)) {
        throw e;
      }
      undecoded("what the serde read cannot be written as JSON");
      return written();
    }
  }

  // What other programs put into Redis may hold half a surrogate pair, which no JSON can.
  private static String clean(String text) {
    return new String(text.getBytes(UTF_8), UTF_8);
  }

  private String written() {
    return new String(JSON.serialize(members, context), UTF_8);
  }
}
