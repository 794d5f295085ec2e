package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.pubsub.SlowConsumer;
import dev.tandem.pubsub.SubscribeOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one listener, in order and bounded by number and bytes. What was taken out counts
 * until it is released.
 *
 * <p>Thread safety: none; the {@link DeliveryQueue} guards it.
 */
abstract class Backlog<T> {
  private static final List<GapReason> WORST_FIRST =
      List.of(GapReason.EPOCH_CHANGED, GapReason.ROLLED_BACK, GapReason.TRIMMED, GapReason.TOO_FAR);

  private final int mostMessages;
  private final long mostBytes;
  private int messages;
  private long bytes;

  Backlog(SubscribeOptions options) {
    this.mostMessages = options.mostQueued();
    this.mostBytes = options.mostQueuedBytes();
  }

  /** The one for this answer to slow listeners. */
  static <T> Backlog<T> of(SubscribeOptions options) {
    SlowConsumer policy = options.slowConsumerPolicy();
    return policy == SlowConsumer.NEWEST_ONLY || policy == SlowConsumer.NEWEST_PER_KEY
        ? new ConflatingBacklog<>(options)
        : new FrameBacklog<>(options);
  }

  /** Takes messages; false, and nothing is taken, if there is no room. */
  abstract boolean offer(Parcel<T> parcel);

  /** Takes a gap; one that follows another of the same channel is joined with it. */
  abstract void add(Parcel<T> gap);

  /** Takes out what is next. */
  abstract @Nullable Parcel<T> poll();

  /** Drops all but what was taken out. */
  abstract void clear();

  /** What was taken out is done with. */
  final void release(Parcel<T> done) {
    count(-done.weight(), -done.bytes());
  }

  final void count(int moreMessages, long moreBytes) {
    messages += moreMessages;
    bytes += moreBytes;
  }

  /** Whether this much more fits; anything does where nothing waits. */
  final boolean hasRoom(int moreMessages, long moreBytes) {
    return messages == 0
        || ((long) messages + moreMessages <= mostMessages && bytes + moreBytes <= mostBytes);
  }

  /** The messages that wait or are being handled. */
  final int messages() {
    return messages;
  }

  /** The bytes that they keep in memory. */
  final long bytes() {
    return bytes;
  }

  /** Two gaps with nothing between them, as one, for the worse of their reasons. */
  static Gap join(Gap first, Gap second) {
    boolean isFirst = WORST_FIRST.indexOf(first.reason()) < WORST_FIRST.indexOf(second.reason());
    GapReason reason = isFirst ? first.reason() : second.reason();
    return new Gap(first.channel(), first.from(), second.resumesAt(), reason);
  }
}
