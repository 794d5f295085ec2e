package dev.tandem.pubsub.internal.frame;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tandem.api.Position;
import dev.tandem.api.error.InvalidValueException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads frames, keeping the payloads' bytes as they are. Every byte sequence either gives a whole
 * frame or a {@link FrameFormatException}.
 */
public final class FrameParser {
  /** The largest version: numbers are exact up to here in the server's scripts and in browsers. */
  public static final long MAX_VERSION = (1L << 53) - 1;

  /** How deep the values of a message may be nested: as deep as other readers take by default. */
  private static final int MOST_DEPTH = 500;

  /** A frame's messages stand some levels deeper than by themselves. */
  private static final int MOST_DEPTH_OF_FRAME = MOST_DEPTH + 8;

  private static final byte[] VERSION = ascii("version");
  private static final byte[] COUNT = ascii("count");
  private static final byte[] TIMESTAMP = ascii("timestamp");
  private static final byte[] EPOCH = ascii("epoch");
  private static final byte[] PREVIOUS = ascii("previous");
  private static final byte[] TENANT = ascii("tenant");
  private static final byte[] CHANNEL = ascii("channel");
  private static final byte[] INSTANCE_ID = ascii("instanceId");
  private static final byte[] NONCE = ascii("nonce");
  private static final byte[] IDS = ascii("ids");
  private static final byte[] FIRST_ID = ascii("firstId");
  private static final byte[] MESSAGES = ascii("messages");

  private final JsonScanner json;
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
  private @Nullable String firstId;
  private @Nullable String type;
  private @Nullable String encoding;
  private @Nullable List<MessageDraft> drafts;

  private FrameParser(byte[] bytes) {
    this.bytes = bytes;
    this.json = new JsonScanner(bytes, MOST_DEPTH_OF_FRAME);
  }

  /** Reads a frame out of these bytes. */
  public static Frame parse(byte[] bytes) throws FrameFormatException {
    try {
      return new FrameParser(bytes).frame();
    } catch (InvalidValueException | DateTimeException | IllegalArgumentException e) {
      throw new FrameFormatException("a value breaks its rule: " + e.getClass().getSimpleName());
    }
  }

  /** Whether this is one JSON object whose last member is called {@code data}, and nothing else. */
  static boolean endsWithData(byte[] bytes) {
    JsonScanner json = new JsonScanner(bytes, MOST_DEPTH);
    try {
      boolean isData = false;
      for (boolean more = json.enter('{'); more; more = json.more('{')) {
        if (isData) {
          return false;
        }
        json.name();
        isData = json.is(MessageDraft.DATA);
        json.skip();
      }
      json.end();
      return isData;
    } catch (FrameFormatException e) {
      return false;
    }
  }

  private Frame frame() throws FrameFormatException {
    for (boolean more = json.enter('{'); more; more = json.more('{')) {
      json.name();
      member();
    }
    json.end();
    return assemble();
  }

  private void member() throws FrameFormatException {
    if (json.is(VERSION)) {
      version = json.wholeNumber();
    } else if (json.is(COUNT)) {
      count = json.wholeNumber();
    } else if (json.is(TIMESTAMP)) {
      timestamp = json.wholeNumber();
    } else if (json.is(EPOCH)) {
      epoch = json.text();
    } else if (json.is(PREVIOUS)) {
      previous = json.text();
    } else if (json.is(TENANT)) {
      tenant = json.text();
    } else if (json.is(CHANNEL)) {
      channel = json.text();
    } else if (json.is(INSTANCE_ID)) {
      instanceId = json.text();
    } else if (json.is(NONCE)) {
      nonce = json.text();
    } else if (json.is(IDS)) {
      ids = texts();
    } else if (json.is(FIRST_ID)) {
      firstId = json.text();
    } else if (json.is(MessageDraft.TYPE)) {
      type = json.text();
    } else if (json.is(MessageDraft.ENCODING)) {
      encoding = json.text();
    } else if (json.is(MESSAGES)) {
      drafts = drafts();
    } else {
      json.skip();
    }
  }

  private List<String> texts() throws FrameFormatException {
    List<String> texts = new ArrayList<>();
    for (boolean more = json.enter('['); more; more = json.more('[')) {
      texts.add(json.text());
    }
    return texts;
  }

  private List<MessageDraft> drafts() throws FrameFormatException {
    List<MessageDraft> found = new ArrayList<>();
    String likelyType = "";
    for (boolean more = json.enter('['); more; more = json.more('[')) {
      MessageDraft draft = MessageDraft.read(json, likelyType);
      likelyType = draft.type(likelyType);
      found.add(draft);
    }
    return found;
  }

  private Frame assemble() throws FrameFormatException {
    List<MessageDraft> found = given("messages", drafts);
    require(!found.isEmpty() && found.size() == count, "count is not the number of messages");
    require(timestamp >= 0, "no timestamp");
    String frameNonce = given("nonce", nonce);
    require(!frameNonce.isEmpty(), "an empty nonce");
    FrameDefaults all = FrameDefaults.of(ids, firstId, type, encoding, found.size());
    FrameMessage[] messages = new FrameMessage[found.size()];
    for (int i = 0; i < messages.length; i++) {
      messages[i] = found.get(i).message(bytes, all, i);
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
        List.of(messages),
        bytes.length);
  }

  static <T> T given(String name, @Nullable T value) throws FrameFormatException {
    if (value == null) {
      throw new FrameFormatException("no " + name);
    }
    return value;
  }

  static void require(boolean holds, String otherwise) throws FrameFormatException {
    if (!holds) {
      throw new FrameFormatException(otherwise);
    }
  }

  static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }
}
