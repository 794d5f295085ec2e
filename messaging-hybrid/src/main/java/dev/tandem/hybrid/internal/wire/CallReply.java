package dev.tandem.hybrid.internal.wire;

import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.hybrid.ChannelReceipt;
import dev.tandem.hybrid.HybridReceipt;
import dev.tandem.hybrid.internal.wire.Destination.Live;
import dev.tandem.redis.command.Replies;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code publish_hybrid.lua} answered.
 *
 * <p>Thread safety: immutable.
 *
 * @param receipts of the messages, in order, if they are published
 * @param room how many entries the stream has room for, if it has too little
 */
public record CallReply(Outcome outcome, List<HybridReceipt> receipts, int room) {
  /** What became of a call. */
  public enum Outcome {
    /** Published, now or by an earlier try. */
    DONE,
    /** A later call of the publisher was executed, so this one will never be. */
    OVERTAKEN,
    /** The call before it was not executed, so this one was not either. */
    OUT_OF_ORDER,
    /** What the server remembered of the publisher is gone: published before, or not. */
    FORGOTTEN,
    /** The stream is at its bound: nothing is published. */
    FULL
  }

  private static final int DONE = 1;
  private static final int OVERTAKEN = -1;
  private static final int OUT_OF_ORDER = -2;
  private static final int FORGOTTEN = -3;

  /**
   * Reads the reply to this call.
   *
   * @throws dev.tandem.api.error.MessagingException that stands in its place
   */
  public static CallReply of(PublishCall call, @Nullable Object reply) {
    Outcome outcome = outcome(reply);
    return switch (outcome) {
      case DONE -> new CallReply(outcome, receipts(call, text(reply)), 0);
      case FULL -> new CallReply(outcome, List.of(), Integer.parseInt(text(reply)));
      default -> new CallReply(outcome, List.of(), 0);
    };
  }

  /**
   * Reads what became of the call only.
   *
   * @throws dev.tandem.api.error.MessagingException that stands in the reply's place
   */
  public static Outcome outcome(@Nullable Object reply) {
    List<@Nullable Object> parts = Replies.list(Replies.orThrow(reply));
    return switch ((int) Replies.number(parts.get(0))) {
      case DONE -> Outcome.DONE;
      case OVERTAKEN -> Outcome.OVERTAKEN;
      case OUT_OF_ORDER -> Outcome.OUT_OF_ORDER;
      case FORGOTTEN -> Outcome.FORGOTTEN;
      default -> Outcome.FULL;
    };
  }

  private static String text(@Nullable Object reply) {
    return Replies.text(Replies.list(reply).get(1));
  }

  private static List<HybridReceipt> receipts(PublishCall call, String text) {
    String[] parts = text.split("\\|", -1);
    List<MessageId> ids = ids(call, parts[0]);
    List<HybridReceipt> receipts = new ArrayList<>(call.count());
    for (int i = 0; i < call.count(); i++) {
      List<ChannelReceipt> channels = new ArrayList<>(parts.length - 1);
      for (int channel = 1; channel < parts.length; channel++) {
        Live live = call.destination().channels().get(channel - 1);
        String[] words = parts[channel].split(" ", -1);
        channels.add(
            new ChannelReceipt(
                live.name(),
                live.isRecoverable()
                    ? new Position(words[0], Long.parseLong(words[1]) + i, call.nonce())
                    : null,
                Long.parseLong(words[2])));
      }
      receipts.add(HybridReceipt.published(ids.get(i), channels));
    }
    return receipts;
  }

  private static List<MessageId> ids(PublishCall call, String text) {
    List<MessageId> ids = new ArrayList<>(call.count());
    if (call.values().width() == 0) {
      call.ids().forEach(id -> ids.add(MessageId.of(id)));
    } else if (text.indexOf(' ') >= 0) {
      for (String id : text.split(" ", -1)) {
        ids.add(MessageId.of(id));
      }
    } else {
      int afterDash = text.indexOf('-') + 1;
      String millis = text.substring(0, afterDash);
      long first = Long.parseUnsignedLong(text, afterDash, text.length(), 10);
      for (int i = 0; i < call.count(); i++) {
        ids.add(MessageId.of(millis + Long.toUnsignedString(first + i)));
      }
    }
    return ids;
  }
}
