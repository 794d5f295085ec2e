package dev.tandem.pubsub.internal.frame;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.List;

/**
 * What a publisher contributes to a frame: all but the members that the script puts in front.
 *
 * <p>Thread safety: immutable.
 */
public final class FrameBody {
  /** The most messages in one frame, unless they were published as a batch: {@value}. */
  public static final int MAX_MESSAGES = 128;

  /**
   * The most bytes of messages in one frame, unless one is larger or they were published as a
   * batch: 256 KiB.
   */
  public static final int MAX_BYTES = 256 << 10;

  private static final byte[] MESSAGES = "\"messages\":[".getBytes(US_ASCII);

  private final String nonce;
  private final int count;
  private final byte[] bytes;

  private FrameBody(String nonce, int count, byte[] bytes) {
    this.nonce = nonce;
    this.count = count;
    this.bytes = bytes;
  }

  /** The frame's nonce. */
  public String nonce() {
    return nonce;
  }

  /** How many messages there are. */
  public int count() {
    return count;
  }

  /** JSON members and the closing brace; shared, do not change. */
  public byte[] bytes() {
    return bytes;
  }

  /**
   * Joins messages to a body. The names keep the rule of {@link dev.tandem.tenant.Names}, and the
   * nonce is a word, so that nothing needs to be escaped.
   *
   * @param messages at least one
   */
  public static FrameBody of(
      String tenant,
      String channel,
      String instanceId,
      String nonce,
      List<OutgoingMessage> messages) {
    return of("", tenant, channel, instanceId, nonce, messages);
  }

  /**
   * The same with the head in front that the script would give it: a whole frame, if the log stands
   * there when it arrives.
   */
  public static FrameBody of(
      ForeseenHead head,
      String tenant,
      String channel,
      String instanceId,
      String nonce,
      List<OutgoingMessage> messages) {
    return of(head.json(messages.size()), tenant, channel, instanceId, nonce, messages);
  }

  /**
   * A whole frame of a fleeting channel, which needs no script: its publisher says what time it is.
   */
  public static byte[] fleetingFrame(
      String tenant,
      String channel,
      String instanceId,
      String nonce,
      long timestampMillis,
      List<OutgoingMessage> messages) {
    String front = "{\"count\":" + messages.size() + ",\"timestamp\":" + timestampMillis + ',';
    return of(front, tenant, channel, instanceId, nonce, messages).bytes();
  }

  private static FrameBody of(
      String front,
      String tenant,
      String channel,
      String instanceId,
      String nonce,
      List<OutgoingMessage> messages) {
    byte[] head =
        (front
                + "\"tenant\":\""
                + tenant
                + "\",\"channel\":\""
                + channel
                + "\",\"instanceId\":\""
                + instanceId
                + "\",\"nonce\":\""
                + nonce
                + "\",")
            .getBytes(US_ASCII);
    SharedMembers shared = SharedMembers.of(messages);
    int size = head.length + shared.json().length + MESSAGES.length + messages.size() + 1;
    for (OutgoingMessage message : messages) {
      size += message.size(shared);
    }
    byte[] all = Arrays.copyOf(head, size);
    int place = head.length;
    place = copy(shared.json(), all, place);
    place = copy(MESSAGES, all, place);
    for (OutgoingMessage message : messages) {
      place = message.copyTo(all, place, shared);
      all[place++] = ',';
    }
    all[place - 1] = ']';
    all[place] = '}';
    return new FrameBody(nonce, messages.size(), all);
  }

  private static int copy(byte[] some, byte[] all, int place) {
    System.arraycopy(some, 0, all, place, some.length);
    return place + some.length;
  }
}
