package dev.tandem.pubsub.internal.frame;

import dev.tandem.api.Headers;
import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.api.error.InvalidValueException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads frames by Jackson's streaming parser, keeping the payloads' bytes as they are. Every byte
 * sequence either gives a whole frame or a {@link FrameFormatException}.
 */
public final class FrameParser {
  /** The largest version: numbers are exact up to here in the server's scripts and in browsers. */
  public static final long MAX_VERSION = (1L << 53) - 1;

  private static final long MOST_TTL = Message.MOST_TIME_TO_LIVE.toMillis();

  /** For what is sent: the limits that every other reader has by default, too. */
  private static final JsonFactory SENDING = new JsonFactory();

  /** For what is received: above the former, as the payloads stand some levels deeper here. */
  private static final JsonFactory RECEIVING =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(StreamReadConstraints.DEFAULT_MAX_DEPTH + 8)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private final JsonParser json;
  private final byte[] bytes;

  private long version = -1;
  private long count = -1;
  private long timestamp = -1;
  private @Nullable String epoch;
  private @Nullable String previous;
  private @Nullable String tenant;
  private @Nullable String channel;
  private @Nullable String instanceId;
  private @Nullable String nonce;
  private @Nullable List<String> ids;
  private @Nullable List<Draft> drafts;

  private FrameParser(byte[] bytes, JsonParser json) {
    this.bytes = bytes;
    this.json = json;
  }

  /** Reads a frame out of these bytes, which must not change afterwards. */
  public static Frame parse(byte[] bytes) throws FrameFormatException {
    // Jackson would take other encodings, too, and then not know the payloads' places.
    require(bytes.length > 1 && bytes[0] > 0 && bytes[1] != 0, "not UTF-8 without a mark");
    try (JsonParser json = RECEIVING.createParser(ObjectReadContext.empty(), bytes)) {
      return new FrameParser(bytes, json).frame();
    } catch (JacksonException e) {
      throw new FrameFormatException("not JSON: " + e.getClass().getSimpleName());
    } catch (InvalidValueException | DateTimeException | IllegalArgumentException e) {
      throw new FrameFormatException("a value breaks its rule: " + e.getClass().getSimpleName());
    }
  }

  /** Whether this is one JSON object whose last member is called {@code data}, and nothing else. */
  static boolean endsWithData(byte[] bytes) {
    try (JsonParser json = SENDING.createParser(ObjectReadContext.empty(), bytes)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return false;
      }
      String name = json.nextName();
      while (name != null && !name.equals("data")) {
        json.nextToken();
        json.skipChildren();
        name = json.nextName();
      }
      json.nextToken();
      json.skipChildren();
      return json.nextToken() == JsonToken.END_OBJECT && json.nextToken() == null;
    } catch (JacksonException e) {
      return false;
    }
  }

  private Frame frame() throws FrameFormatException {
    require(json.nextToken() == JsonToken.START_OBJECT, "not an object");
    for (String name = json.nextName(); name != null; name = json.nextName()) {
      json.nextToken();
      member(name);
    }
    require(json.currentToken() == JsonToken.END_OBJECT, "not a whole object");
    require(json.nextToken() == null, "more behind the object");
    return assemble();
  }

  private void member(String name) throws FrameFormatException {
    switch (name) {
      case "version" -> version = number(name);
      case "count" -> count = number(name);
      case "timestamp" -> timestamp = number(name);
      case "epoch" -> epoch = text(name);
      case "previous" -> previous = text(name);
      case "tenant" -> tenant = text(name);
      case "channel" -> channel = text(name);
      case "instanceId" -> instanceId = text(name);
      case "nonce" -> nonce = text(name);
      case "ids" -> ids = texts(name);
      case "messages" -> drafts = drafts();
      default -> json.skipChildren();
    }
  }

  private Frame assemble() throws FrameFormatException {
    List<Draft> found = given("messages", drafts);
    require(!found.isEmpty() && found.size() == count, "count is not the number of messages");
    require(timestamp >= 0, "no timestamp");
    String frameNonce = given("nonce", nonce);
    require(!frameNonce.isEmpty(), "an empty nonce");
    List<String> given = ids;
    require(given == null || given.size() == found.size(), "ids are not one for each message");
    List<FrameMessage> messages = new ArrayList<>(found.size());
    for (int i = 0; i < found.size(); i++) {
      messages.add(found.get(i).message(given == null ? null : given.get(i)));
    }
    Position before = null;
    Position end = null;
    if (epoch != null || version >= 0) {
      require(version >= 1 && version <= MAX_VERSION - count, "version out of range");
      before = new Position(given("epoch", epoch), version - 1, given("previous", previous));
      end = new Position(before.epoch(), version + count - 1, frameNonce);
    }
    return new Frame(
        before,
        end,
        given("tenant", tenant),
        given("channel", channel),
        given("instanceId", instanceId),
        frameNonce,
        Instant.ofEpochMilli(timestamp),
        List.copyOf(messages),
        bytes.length);
  }

  private List<Draft> drafts() throws FrameFormatException {
    require(json.currentToken() == JsonToken.START_ARRAY, "messages is not a list");
    List<Draft> found = new ArrayList<>();
    while (json.nextToken() == JsonToken.START_OBJECT) {
      found.add(draft());
    }
    require(json.currentToken() == JsonToken.END_ARRAY, "a message is not an object");
    return found;
  }

  private Draft draft() throws FrameFormatException {
    Draft draft = new Draft();
    for (String name = json.nextName(); name != null; name = json.nextName()) {
      JsonToken value = json.nextToken();
      switch (name) {
        case "id" -> draft.id = text(name);
        case "type" -> draft.type = text(name);
        case "key" -> draft.key = value == JsonToken.VALUE_NULL ? null : text(name);
        case "headers" -> draft.headers = headers();
        case "ttl" -> draft.ttlMillis = ttl();
        case "encoding" -> draft.encoding = text(name);
        case "data" -> draft.data = slice();
        default -> json.skipChildren();
      }
    }
    return draft;
  }

  private byte[] slice() {
    int from = (int) json.currentTokenLocation().getByteOffset();
    json.skipChildren();
    json.finishToken();
    return Arrays.copyOfRange(bytes, from, (int) json.currentLocation().getByteOffset());
  }

  private Headers headers() throws FrameFormatException {
    require(json.currentToken() == JsonToken.START_OBJECT, "headers is not an object");
    Map<String, String> entries = new LinkedHashMap<>();
    for (String name = json.nextName(); name != null; name = json.nextName()) {
      json.nextToken();
      entries.put(name, text("a header"));
    }
    return Headers.received(entries);
  }

  private List<String> texts(String name) throws FrameFormatException {
    require(json.currentToken() == JsonToken.START_ARRAY, name + " is not a list");
    List<String> texts = new ArrayList<>();
    while (json.nextToken() == JsonToken.VALUE_STRING) {
      texts.add(json.getString());
    }
    require(json.currentToken() == JsonToken.END_ARRAY, name + " is not a list of texts");
    return texts;
  }

  private String text(String name) throws FrameFormatException {
    require(json.currentToken() == JsonToken.VALUE_STRING, name + " is not text");
    return json.getString();
  }

  private long number(String name) throws FrameFormatException {
    require(json.currentToken() == JsonToken.VALUE_NUMBER_INT, name + " is not a whole number");
    return json.getLongValue();
  }

  private long ttl() throws FrameFormatException {
    long millis = number("ttl");
    require(millis >= 1 && millis <= MOST_TTL, "ttl out of range");
    return millis;
  }

  private static <T> T given(String name, @Nullable T value) throws FrameFormatException {
    if (value == null) {
      throw new FrameFormatException("no " + name);
    }
    return value;
  }

  private static void require(boolean holds, String otherwise) throws FrameFormatException {
    if (!holds) {
      throw new FrameFormatException(otherwise);
    }
  }

  /** A message whose members may still be missing or contradict each other. */
  private static final class Draft {
    private @Nullable String id;
    private @Nullable String type;
    private @Nullable String key;
    private @Nullable String encoding;
    private long ttlMillis;
    private byte @Nullable [] data;
    private Headers headers = Headers.none();

    FrameMessage message(@Nullable String givenId) throws FrameFormatException {
      byte[] payload = given("data", data);
      if (encoding != null) {
        require(encoding.equals("base64") && payload.length >= 2, "unknown encoding");
        payload = Base64.getDecoder().decode(Arrays.copyOfRange(payload, 1, payload.length - 1));
      }
      String knownId = givenId != null ? givenId : given("id", id);
      return new FrameMessage(
          MessageId.of(knownId), given("type", type), key, headers, ttlMillis, payload);
    }
  }
}
