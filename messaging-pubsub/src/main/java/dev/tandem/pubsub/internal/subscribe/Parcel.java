package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import dev.tandem.pubsub.internal.log.Origin;
import dev.tandem.pubsub.internal.log.ReceivedFrame;
import org.jspecify.annotations.Nullable;

/**
 * What waits for a listener: some messages of a frame, or a gap.
 *
 * @param mailbox where it came in
 * @param frame the frame, or null
 * @param from the index of the first message
 * @param to the index after the last message
 * @param origin how it came
 * @param gap the gap, or null
 * @param seen where the subscriber stands after it, if that is not after its last message
 * @param bytes what it keeps in memory
 */
record Parcel<T>(
    Mailbox<T> mailbox,
    @Nullable ReceivedFrame frame,
    int from,
    int to,
    Origin origin,
    @Nullable Gap gap,
    @Nullable Position seen,
    long bytes) {

  /** A frame from one message on. */
  static <T> Parcel<T> of(Mailbox<T> mailbox, ReceivedFrame frame, int from, Origin origin) {
    return new Parcel<>(
        mailbox, frame, from, frame.count(), origin, null, null, frame.frame().size());
  }

  /** A gap. */
  static <T> Parcel<T> of(Mailbox<T> mailbox, Gap gap) {
    return new Parcel<>(mailbox, null, 0, 0, Origin.LIVE, gap, null, 0);
  }

  /** How many messages it counts for. */
  int weight() {
    return to - from;
  }
}
