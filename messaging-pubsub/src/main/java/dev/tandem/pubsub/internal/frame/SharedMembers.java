package dev.tandem.pubsub.internal.frame;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a frame of several messages says once instead of in each: their type and their encoding if
 * these are the same, and the first id if the others count on from it, as they do where one
 * publisher has published them one after the other. That is more than a third of a small message,
 * and a server's script looks at each byte several times.
 *
 * @param hasType whether the frame bears the type
 * @param hasEncoding whether it bears the encoding
 * @param firstId the id that the frame bears, or null
 * @param json the members in front of the messages, each followed by a comma
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record SharedMembers(boolean hasType, boolean hasEncoding, @Nullable String firstId, byte[] json) {
  /** Nothing is shared. */
  static final SharedMembers NONE = new SharedMembers(false, false, null, new byte[0]);

  /** What these, of which there is one at least, have in common. */
  static SharedMembers of(List<OutgoingMessage> messages) {
    if (messages.size() == 1) {
      return NONE;
    }
    OutgoingMessage first = messages.get(0);
    boolean sameType = true;
    boolean sameEncoding = true;
    boolean counts = true;
    for (int i = 1; i < messages.size(); i++) {
      OutgoingMessage message = messages.get(i);
      sameType = sameType && message.isOfTypeOf(first);
      sameEncoding = sameEncoding && message.isEncodedAs(first);
      counts = counts && message.countsOn(first, i);
    }
    JsonBytes json = new JsonBytes(64);
    if (sameType) {
      json.add(first.typeMember());
    }
    byte[] encoding = sameEncoding ? first.encodingMember() : new byte[0];
    json.add(encoding);
    String firstId = counts ? first.id() : null;
    if (firstId != null) {
      json.add(FIRST_ID).quoted("message id", firstId).add(',');
    }
    return new SharedMembers(sameType, encoding.length > 0, firstId, json.toBytes());
  }

  private static final byte[] FIRST_ID = "\"firstId\":".getBytes(US_ASCII);
}
