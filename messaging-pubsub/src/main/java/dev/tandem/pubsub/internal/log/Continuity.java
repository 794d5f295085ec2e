package dev.tandem.pubsub.internal.log;

import dev.tandem.api.Position;
import dev.tandem.pubsub.internal.frame.Frame;

/** How a frame relates to the place where a reader stands. */
enum Continuity {
  /** It holds the next version, and the log is the one that the reader has followed so far. */
  NEXT,
  /** It ends where the reader stands: it was seen. */
  SEEN,
  /** It ends before: seen, or part of a log that was rolled back. */
  OLDER,
  /** There is a hole between. */
  AHEAD,
  /** It contradicts what the reader has seen: another epoch, or other nonces. */
  FOREIGN;

  @SuppressWarnings("ReferenceEquality") // only quicker, where it holds
  static Continuity of(Position at, Frame frame) {
    if (at == frame.before()) {
      return NEXT; // the same object, for those who took the frame before; see Frame.from
    }
    if (!at.epoch().equals(frame.epoch())) {
      return FOREIGN;
    }
    if (frame.firstVersion() > at.version() + 1) {
      return AHEAD;
    }
    if (frame.lastVersion() < at.version()) {
      return OLDER;
    }
    if (!isPartOf(at, frame)) {
      return FOREIGN;
    }
    return frame.lastVersion() == at.version() ? SEEN : NEXT;
  }

  /** Whether the frame holds the next version and fits. */
  static boolean isNext(Position at, Frame frame) {
    return of(at, frame) == NEXT;
  }

  /**
   * Whether the position lies in this frame or right before it, by its nonce; for frames that reach
   * from there.
   */
  static boolean isPartOf(Position at, Frame frame) {
    String nonce = frame.firstVersion() == at.version() + 1 ? frame.start().nonce() : frame.nonce();
    return nonce.equals(at.nonce());
  }
}
