package dev.tandem.pubsub.internal.frame;

import dev.tandem.api.Headers;
import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A message of a frame while that is read: members may still be missing or break their rules. */
final class MessageDraft {
  static final byte[] DATA = FrameParser.ascii("data");

  private static final byte[] ID = FrameParser.ascii("id");
  static final byte[] TYPE = FrameParser.ascii("type");
  private static final byte[] KEY = FrameParser.ascii("key");
  private static final byte[] HEADERS = FrameParser.ascii("headers");
  private static final byte[] TTL = FrameParser.ascii("ttl");
  static final byte[] ENCODING = FrameParser.ascii("encoding");
  private static final String TEXT = "text";
  private static final String BASE64 = "base64";
  private static final long MOST_TTL = Message.MOST_TIME_TO_LIVE.toMillis();

  private @Nullable String id;
  private boolean idIsPlain;
  private @Nullable String type;
  private @Nullable String key;
  private @Nullable String encoding;
  private long ttlMillis;
  private int dataFrom;
  private int dataTo;
  private Headers headers = Headers.none();

  private MessageDraft() {}

  /**
   * Reads one.
   *
   * @param likelyType its type if it is like the one before
   */
  static MessageDraft read(JsonScanner json, String likelyType) throws FrameFormatException {
    MessageDraft draft = new MessageDraft();
    for (boolean more = json.enter('{'); more; more = json.more('{')) {
      json.name();
      draft.member(json, likelyType);
    }
    return draft;
  }

  private void member(JsonScanner json, String likelyType) throws FrameFormatException {
    if (json.is(ID)) {
      id = json.text();
      idIsPlain = json.isPlain();
    } else if (json.is(TYPE)) {
      type = json.text(likelyType);
    } else if (json.is(DATA)) {
      dataFrom = json.place();
      dataTo = json.skip();
    } else if (json.is(ENCODING)) {
      encoding = json.text(TEXT);
    } else if (json.is(KEY)) {
      key = text(json);
    } else if (json.is(HEADERS)) {
      headers = headers(json);
    } else if (json.is(TTL)) {
      ttlMillis = json.wholeNumber();
      FrameParser.require(ttlMillis >= 1 && ttlMillis <= MOST_TTL, "ttl out of range");
    } else {
      json.skip();
    }
  }

  private static @Nullable String text(JsonScanner json) throws FrameFormatException {
    if (json.next() == 'n') {
      json.skip();
      return null;
    }
    return json.text();
  }

  private static Headers headers(JsonScanner json) throws FrameFormatException {
    Map<String, String> entries = new LinkedHashMap<>();
    for (boolean more = json.enter('{'); more; more = json.more('{')) {
      json.name();
      String name = json.lastText();
      entries.put(name, json.text());
    }
    return Headers.received(entries);
  }

  String type(String otherwise) {
    return type == null ? otherwise : type;
  }

  /** The message at this place of a frame. */
  FrameMessage message(byte[] bytes, FrameDefaults frame, int place) throws FrameFormatException {
    FrameParser.require(dataTo > 0, "no data");
    CountedIds counted = id == null && frame.ids() == null ? frame.counted() : null;
    return new FrameMessage(
        counted != null ? counted.prefix() : knownId(frame.ids(), place),
        counted != null ? counted.number() + place : FrameMessage.NO_NUMBER,
        FrameParser.given("type", type != null ? type : frame.type()),
        key,
        headers,
        ttlMillis,
        payload(bytes, encoding != null ? encoding : frame.encoding()));
  }

  private String knownId(@Nullable List<String> given, int place) throws FrameFormatException {
    String known = given != null ? given.get(place) : FrameParser.given("id", id);
    boolean isGood = given == null && idIsPlain && !known.isEmpty();
    return isGood && known.length() <= MessageId.MAX_LENGTH ? known : MessageId.of(known).value();
  }

  private byte[] payload(byte[] bytes, @Nullable String how) throws FrameFormatException {
    if (how == null) {
      return Arrays.copyOfRange(bytes, dataFrom, dataTo);
    }
    FrameParser.require(bytes[dataFrom] == '"', "encoded data is no text");
    if (how.equals(TEXT)) {
      return PayloadText.decode(bytes, dataFrom + 1, dataTo - 1);
    }
    FrameParser.require(how.equals(BASE64), "unknown encoding");
    return Base64.getDecoder().decode(Arrays.copyOfRange(bytes, dataFrom + 1, dataTo - 1));
  }
}
