package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.SlowConsumer;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.SubscriptionStats;
import dev.tandem.pubsub.internal.log.Origin;
import dev.tandem.pubsub.internal.log.ReceivedFrame;
import dev.tandem.pubsub.internal.log.ReceivedMessages;
import dev.tandem.tenant.Tenant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One channel's way into the queue in front of a listener: what of it is wanted, how far the
 * listener has come, and what was counted.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Mailbox<T> {
  private static final Logger LOG = LoggerFactory.getLogger(Mailbox.class);

  private final Tenant tenant;
  private final Channel<T> channel;
  private final Selection selection;
  private final boolean disconnects;
  private final DeliveryQueue<T> queue;
  private final ChannelTallies tallies;
  private final ChannelTally tally;
  private final DeliveryCounts counts;
  private final Owner owner;

  /** A LiveMessage or Position: after what was handed over last. */
  private volatile @Nullable Object place;

  /** Whose mailbox it is; called on a consumer's thread. */
  interface Owner {
    /** All that waited is delivered, and a frame was refused before. */
    void onRoom();

    /** The queue was disconnected. */
    void close();
  }

  /** A way into this queue. */
  Mailbox(
      Tenant tenant,
      Channel<T> channel,
      SubscribeOptions options,
      DeliveryQueue<T> queue,
      LocalSubscriber.Context context,
      Owner owner) {
    this.tenant = tenant;
    this.channel = channel;
    this.selection = Selection.of(options, context.instanceId());
    this.disconnects = options.slowConsumerPolicy() == SlowConsumer.DISCONNECT;
    this.queue = queue;
    this.tallies = context.tallies();
    this.tally = tallies.acquire(tenant, channel.name());
    this.counts = new DeliveryCounts(context.metrics(), tally);
    this.owner = owner;
  }

  Channel<T> channel() {
    return channel;
  }

  DeliveryQueue<T> queue() {
    return queue;
  }

  Selection selection() {
    return selection;
  }

  DeliveryCounts counts() {
    return counts;
  }

  /** Says where the subscription begins. */
  void beginAt(Position start) {
    place = start;
  }

  /** After what was handed over last, or where the subscription began. */
  @Nullable Position position() {
    Object known = place;
    return known instanceof LiveMessage<?> message ? message.position() : (Position) known;
  }

  /** Takes a frame; false if there is no room, and then {@code onRoom} follows. */
  boolean put(ReceivedFrame frame, int from, Origin origin) {
    return queue.offer(Parcel.of(this, frame, from, origin), true);
  }

  /** Takes a gap; there is always room. */
  void put(Gap gap) {
    queue.add(Parcel.of(this, gap));
  }

  /** Takes a frame that cannot be read again: where there is no room, it is lost. */
  void putOrDrop(ReceivedFrame frame) {
    if (!queue.offer(Parcel.of(this, frame, 0, Origin.LIVE), false)) {
      counts.dropped(frame.count());
      tooSlow();
    }
  }

  /** The listener does not keep up: ends the subscription if that is wanted. */
  void tooSlow() {
    if (disconnects) {
      queue.disconnect();
    }
  }

  /** Counts a frame that arrived again. */
  void duplicate(ReceivedFrame frame) {
    counts.duplicates(frame.count());
  }

  void roomAgain() {
    owner.onRoom();
  }

  void end() {
    owner.close();
  }

  /** The messages of a frame that came in here. */
  ReceivedMessages<T> messages(ReceivedFrame frame) {
    return frame.messages(channel);
  }

  /** Whether the messages of a frame have positions that can be resumed from. */
  boolean isPlaced(ReceivedFrame frame) {
    return channel.isRecoverable() && frame.frame().isRecoverable();
  }

  /** Whether the listener is to get a message of a frame; counts it if not. */
  boolean lets(ReceivedFrame frame, int index, LiveMessage<T> message) {
    if (frame.frame().expires(index) && frame.frame().isExpired(index, System.nanoTime())) {
      counts.expired();
      return false;
    }
    try {
      if (selection.isWanted(message) && selection.passes(message)) {
        return true;
      }
    } catch (Throwable e) {
      failed("filter", message.id().value(), e);
    }
    counts.filtered();
    return false;
  }

  /** The listener, or a filter, threw. */
  void failed(String who, String what, Throwable e) {
    counts.failed();
    LOG.error("{} of {} failed on {}", who, this, what, e);
  }

  /** The listener has come past this message. */
  void passed(LiveMessage<T> message) {
    place = message;
  }

  /** The listener has come to this position. */
  void passed(Position position) {
    place = position;
  }

  SubscriptionStats stats() {
    return counts.stats(queue.messages(), queue.bytes());
  }

  /** Ends it; called once. */
  void close() {
    queue.close();
    tallies.release(tenant, channel.name(), tally);
  }

  /** Ends it, and leaves the queue to the others; called once, instead of closing it. */
  void leave() {
    queue.leave(this);
    tallies.release(tenant, channel.name(), tally);
  }

  @Override
  public String toString() {
    return "subscription to channel " + channel.name() + " of tenant " + tenant.name();
  }
}
