package dev.tandem.pubsub.internal.frame;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tandem.api.Message;
import dev.tandem.api.error.InvalidValueException;
import java.time.Duration;
import java.util.Arrays;
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
  private static final byte[] TEXT = ascii(",\"encoding\":\"text\"}");
  private static final byte[] BASE64 = ascii(",\"encoding\":\"base64\"}");
  private static final byte[] NONE = ascii("}");

  /** A text needs an escape for one in so many of its bytes, as a rule. */
  private static final int BYTES_AN_ESCAPE = 8;

  private final @Nullable String id;
  // Apart from the id, whose text another thread would first have to fetch.
  private final @Nullable String idPrefix;
  private final long idNumber;
  private final String type;
  private final byte[] json;
  private final int size;
  private final int typeFrom;
  private final int restFrom;
  private final byte[] encoding;

  private OutgoingMessage(
      @Nullable String id,
      @Nullable CountedIds counted,
      String type,
      JsonBytes json,
      int typeFrom,
      int restFrom,
      byte[] encoding) {
    this.id = id;
    this.idPrefix = counted == null ? null : counted.prefix();
    this.idNumber = counted == null ? 0 : counted.number();
    this.type = type;
    this.json = json.array();
    this.size = json.size();
    this.typeFrom = typeFrom;
    this.restFrom = restFrom;
    this.encoding = encoding;
  }

  /** How many bytes it takes at most in a frame. */
  public int size() {
    return size;
  }

  /** Its id, or null if the frame will bear the ids. */
  @Nullable String id() {
    return id;
  }

  /** Whether its id is the one so many places behind the other's, counted on from that. */
  boolean countsOn(OutgoingMessage first, int places) {
    return idPrefix != null
        && idPrefix.equals(first.idPrefix)
        && idNumber == first.idNumber + places;
  }

  boolean isOfTypeOf(OutgoingMessage other) {
    return type.equals(other.type);
  }

  boolean isEncodedAs(OutgoingMessage other) {
    return encoding == other.encoding;
  }

  /** The member that says its type, and a comma. */
  byte[] typeMember() {
    return Arrays.copyOfRange(json, typeFrom, restFrom);
  }

  /** The member that says how its payload is encoded, and a comma; empty if it is JSON. */
  byte[] encodingMember() {
    if (encoding == NONE) {
      return new byte[0];
    }
    byte[] member = Arrays.copyOfRange(encoding, 1, encoding.length);
    member[member.length - 1] = ',';
    return member;
  }

  /** How many bytes it takes in a frame that has these members for all. */
  int size(SharedMembers shared) {
    return size
        - (shared.firstId() == null ? 0 : typeFrom - 1)
        - (shared.hasType() ? restFrom - typeFrom : 0)
        - (shared.hasEncoding() ? encoding.length - 1 : 0);
  }

  /**
   * Copies the object, without the members that its frame has for all.
   *
   * @return the place behind it
   */
  int copyTo(byte[] target, int place, SharedMembers shared) {
    int to = place;
    target[to++] = '{';
    if (shared.firstId() == null) {
      to = copy(1, typeFrom, target, to);
    }
    if (!shared.hasType()) {
      to = copy(typeFrom, restFrom, target, to);
    }
    if (!shared.hasEncoding()) {
      return copy(restFrom, size, target, to);
    }
    to = copy(restFrom, size - encoding.length, target, to);
    target[to++] = '}';
    return to;
  }

  private int copy(int from, int end, byte[] target, int to) {
    System.arraycopy(json, from, target, to, end - from);
    return to + end - from;
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
    return of(id, CountedIds.from(id), message, payload, isJson);
  }

  /**
   * The same, of an id that is known to end in a number.
   *
   * @param prefix what is in front of the number, a dash at its end
   */
  public static OutgoingMessage of(
      String id, String prefix, long number, Message<?> message, byte[] payload, boolean isJson) {
    return of(id, new CountedIds(prefix, number), message, payload, isJson);
  }

  private static OutgoingMessage of(
      @Nullable String id,
      @Nullable CountedIds counted,
      Message<?> message,
      byte[] payload,
      boolean isJson) {
    JsonBytes out = new JsonBytes(size(id, message, payload, isJson));
    int typeFrom = 1;
    if (id == null) {
      out.add(TYPE_FIRST);
    } else {
      out.add(ID).quoted("message id", id);
      typeFrom = out.size() + 1;
      out.add(TYPE);
    }
    out.quoted("message type", message.type());
    int restFrom = out.size() + 1; // a comma comes next
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
      byte[] encoding = isText ? TEXT : BASE64;
      out.add('"').add(encoding);
      return new OutgoingMessage(id, counted, message.type(), out, typeFrom, restFrom, encoding);
    }
    if (!FrameParser.endsWithData(out.add(payload).add('}').toBytes())) {
      throw new InvalidValueException(
          "payload",
          payload.length + " bytes",
          "must be one JSON value in UTF-8, as the serde says");
    }
    return new OutgoingMessage(id, counted, message.type(), out, typeFrom, restFrom, NONE);
  }

  private static int base64Length(byte[] payload) {
    return Math.multiplyExact((payload.length + 2) / 3, 4);
  }

  /** About how many bytes it takes if there is no key and so on. */
  private static int size(@Nullable String id, Message<?> message, byte[] payload, boolean isJson) {
    int data = payload.length + 1;
    if (!isJson) {
      data = Math.addExact(data, payload.length / BYTES_AN_ESCAPE + 2 + BASE64.length);
    }
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
