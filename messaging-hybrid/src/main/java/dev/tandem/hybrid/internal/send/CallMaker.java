package dev.tandem.hybrid.internal.send;

import dev.tandem.api.MessageId;
import dev.tandem.hybrid.internal.wire.Destination;
import dev.tandem.hybrid.internal.wire.EntryValues;
import dev.tandem.hybrid.internal.wire.PublishCall;
import dev.tandem.pubsub.internal.frame.FrameBody;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.pubsub.internal.frame.OutgoingMessage;
import dev.tandem.streams.internal.entry.PackedTexts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes calls of messages.
 *
 * <p>Thread safety: as the nonces.
 */
public final class CallMaker {
  private static final int LABELS = 3;
  private static final byte[] NONE = {};

  private final String instanceId;
  private final Nonces nonces;

  /**
   * A maker.
   *
   * @param instanceId what the frames say they come from
   */
  public CallMaker(String instanceId, Nonces nonces) {
    this.instanceId = instanceId;
    this.nonces = nonces;
  }

  /** The messages of each call that messages of one tenant make, in order. */
  public static List<List<Outgoing>> bundles(List<Outgoing> messages) {
    return Bundles.of(messages, FrameBody.MAX_MESSAGES, FrameBody.MAX_BYTES).stream()
        .map(Bundle::messages)
        .toList();
  }

  /** The call of this publisher and number; the messages go to the same places. */
  public PublishCall call(String publisher, long number, List<Outgoing> messages) {
    Destination destination = messages.get(0).destination();
    String nonce = nonces.next();
    List<byte[]> bodies = new ArrayList<>(destination.channels().size());
    for (int i = 0; i < destination.channels().size(); i++) {
      bodies.add(body(destination, i, nonce, messages));
    }
    return new PublishCall(
        publisher,
        number,
        destination,
        messages.size(),
        ids(messages),
        destination.topic() == null ? EntryValues.NONE : values(messages),
        nonce,
        bodies);
  }

  private byte[] body(Destination destination, int channel, String nonce, List<Outgoing> messages) {
    List<OutgoingMessage> live = new ArrayList<>(messages.size());
    messages.forEach(message -> live.add(message.live().get(channel)));
    String name = destination.channels().get(channel).name();
    return FrameBody.of(destination.tenant().name(), name, instanceId, nonce, live).bytes();
  }

  private static List<String> ids(List<Outgoing> messages) {
    List<String> ids = new ArrayList<>(messages.size());
    for (Outgoing message : messages) {
      MessageId id = message.id();
      if (id != null) {
        ids.add(id.value());
      }
    }
    return ids;
  }

  private static EntryValues values(List<Outgoing> messages) {
    int width = LABELS;
    boolean alike = true;
    List<byte[]> data = new ArrayList<>(messages.size());
    for (Outgoing message : messages) {
      width = Math.max(width, message.labels().size());
      alike = alike && areAlike(message.labels(), messages.get(0).labels());
      data.add(message.data());
    }
    return new EntryValues(width, labels(alike ? messages.subList(0, 1) : messages, width), data);
  }

  private static boolean areAlike(List<byte[]> some, List<byte[]> others) {
    if (some.size() != others.size()) {
      return false;
    }
    for (int i = 0; i < some.size(); i++) {
      if (!Arrays.equals(some.get(i), others.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static byte[] labels(List<Outgoing> messages, int width) {
    long bytes = 0;
    for (Outgoing message : messages) {
      for (byte[] label : message.labels()) {
        bytes += label.length;
      }
    }
    PackedTexts packed = new PackedTexts(messages.size() * width, bytes);
    for (Outgoing message : messages) {
      message.labels().forEach(packed::add);
      if (message.labels().size() < width) {
        packed.add(NONE); // does not expire
      }
    }
    return packed.bytes();
  }
}
