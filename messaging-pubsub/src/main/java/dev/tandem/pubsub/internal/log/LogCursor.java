package dev.tandem.pubsub.internal.log;

import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.pubsub.SubscribeOptions.Beginning;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Follows one channel's log: knows where it stands, passes on what comes next, and says when the
 * log must be read. The feed of a channel is built around one, and so is each subscriber that
 * catches up by itself.
 *
 * <h2>The problem</h2>
 *
 * <p>Redis pub/sub may lose, and on a Cluster reorder, what it carries; a connection may be dead
 * without a sign; and a failover may take back what it had acknowledged. But publishing stores a
 * frame and publishes it in one step, so <i>whatever was published is in the log until it is
 * trimmed</i>. Hence the rule: what arrives live is only believed where it fits exactly, and every
 * anomaly becomes a read of the log, never a drop and never a disconnect.
 *
 * <h2>What fits</h2>
 *
 * <p>A position is (epoch, version, nonce of the frame). A frame names the versions that it holds,
 * its nonce and the nonce of the frame before it. It is passed on only if it holds the version
 * after ours <i>and</i> its nonces say that it continues what we have seen (see {@link
 * Continuity}). A frame that we know we have seen is a duplicate. Anything else (a hole, another
 * epoch, an old version with a nonce that we do not know) is held, and the log is read from our
 * position.
 *
 * <h2>Reading while more arrives</h2>
 *
 * <p>While a read is under way, what arrives is held. A frame that was held when the read began was
 * stored before it, so the read covers it; one that arrives later either is covered, or continues
 * what the read brought. So after a read that reached the head of the log (see {@link Replay}) its
 * frames are passed on first, then the later ones of those held, in the order of their versions. If
 * one of them still does not fit, another is on its way or lost: read again. The <i>earlier</i>
 * ones are dropped: the read has brought them, or the log does not contain them (they are stale,
 * from before a rollback, or were never published by us). That is what makes the repeating end.
 *
 * <p>Whoever may publish to the channel can make up frames that do not fit, as many as they like.
 * So a read that finds the log whole, and such a frame not in it, is told as {@link Sink#foreign};
 * the owner then {@linkplain Sink#mayReadNow puts off} the next read for what does not fit, while
 * what fits is passed on as before.
 *
 * <p>What is held is bounded; when it overflows it is dropped as a whole and the log is read once
 * more, which brings it back. When whoever we pass frames on to has no room, we stop listening
 * altogether until {@link #resume()}, and read from where we stopped.
 *
 * <p>Starting is the same thing: first the channel is subscribed to, then the log is read from the
 * position that the subscriber brings, with everything in between held.
 *
 * <p>Thread safety: none; the owner guards it with a lock. Methods return at once and never call
 * Redis: where they return true, the owner has to start a read and hand its result to {@link
 * #apply}.
 */
public final class LogCursor {
  private final Sink sink;
  private final @Nullable SeenFrames seen;

  private Mode mode = Mode.IDLE;
  private final Beginning beginning;

  /** What came while reading; most of the time there is nothing. */
  private @Nullable HeldFrames held;

  /** The last message passed on, or where it began; null if that is not settled yet. */
  private @Nullable Position at;

  private boolean readAgain;

  /** Whether some of the log was skipped since the present read, or run of them, began. */
  private boolean skipped;

  private int read;
  private Origin readOrigin = Origin.RECOVERED;

  /**
   * Creates a cursor that does nothing yet.
   *
   * @param remembersSeen whether it gets frames from the network, and must tell a duplicate of an
   *     old frame from one of a log that was rolled back; if not, older frames count as seen
   */
  public LogCursor(Sink sink, Start start, boolean remembersSeen) {
    this.sink = sink;
    this.beginning = start.beginning();
    this.at = start.after();
    this.seen = remembersSeen ? new SeenFrames() : null;
  }

  /** Where frames go. */
  public interface Sink {
    /**
     * Takes a frame, from the message at this index on.
     *
     * @return false if there was no room
     */
    boolean accept(ReceivedFrame frame, int fromIndex, Origin origin);

    /** Is told that messages were missed. */
    void gap(@Nullable Position from, Position resumesAt, GapReason reason);

    /** Is told that a frame arrived again. */
    default void duplicate(ReceivedFrame frame) {}

    /** Is told that a frame was dropped because the log does not contain it (any more). */
    default void stale(ReceivedFrame frame) {}

    /**
     * Is told that a frame was dropped that a read did not find, though nothing of the log was
     * lost: somebody made it up, or it is a copy of one that came long ago.
     */
    default void foreign(ReceivedFrame frame) {}

    /**
     * Whether the log may be read at once for what does not fit. If not, what does not fit is held,
     * and whoever answers so has to want a read later.
     */
    default boolean mayReadNow() {
      return true;
    }
  }

  private enum Mode {
    /** Not begun, or the connection is lost: nothing is expected to arrive. */
    IDLE,
    /** A read is under way; what arrives is held. */
    READING,
    /** Up to date; what arrives and fits is passed on. */
    FOLLOWING,
    /** No room; what arrives is ignored, to be read later. */
    FULL
  }

  /** Whether it is up to date, as far as it knows. */
  public boolean isFollowing() {
    return mode == Mode.FOLLOWING;
  }

  /** Whether a read was asked for and not yet applied. */
  public boolean isReading() {
    return mode == Mode.READING;
  }

  /** Whether it waits for room. */
  public boolean isFull() {
    return mode == Mode.FULL;
  }

  /** The last message passed on, or where it began; null if that is not settled yet. */
  public @Nullable Position position() {
    return at;
  }

  /** Where the next read has to begin. */
  public Start readFrom() {
    return at == null ? new Start(beginning, null) : Start.after(at);
  }

  /** Begins to follow at a position that is known to be the present one: no read is needed. */
  public void followFrom(Position position) {
    at = position;
    mode = Mode.FOLLOWING;
  }

  /** Stops expecting frames: the connection is lost. A read under way is not to be applied. */
  public void lose() {
    mode = Mode.IDLE;
    readAgain = false;
    skipped = false;
    held = null;
  }

  /**
   * Wants the log to be read: something may be missing, or the connection is (back) there.
   *
   * @param origin what the messages that it brings are counted as
   * @return whether to start a read; false if one is under way (it will be followed by another) or
   *     there is no room anyway
   */
  public boolean wantRead(Origin origin) {
    if (mode == Mode.READING) {
      readAgain = true;
      return false;
    }
    if (mode == Mode.FULL) {
      return false;
    }
    beginRead(origin);
    return true;
  }

  /** There is room again: true if a read is to be started. */
  public boolean resume() {
    if (mode != Mode.FULL) {
      return false;
    }
    beginRead(Origin.RECOVERED);
    return true;
  }

  private void beginRead(Origin origin) {
    mode = Mode.READING;
    readOrigin = origin;
    read++;
  }

  /** A frame arrived: true if a read is to be started. */
  public boolean offer(ReceivedFrame frame, Origin origin) {
    switch (mode) {
      case IDLE, FULL -> {
        return false;
      }
      case READING -> {
        hold(frame, origin);
        return false;
      }
      default -> {
        if (follow(frame, origin, false)) {
          return false;
        }
        hold(frame, origin);
        if (!sink.mayReadNow()) {
          return false;
        }
        beginRead(Origin.REPAIRED);
        return true;
      }
    }
  }

  private void hold(ReceivedFrame frame, Origin origin) {
    if (held == null) {
      held = new HeldFrames();
    }
    if (!held.add(frame, origin, read) && mode == Mode.READING && sink.mayReadNow()) {
      readAgain = true;
    }
  }

  /** A read is done: true if another one is to be started. */
  public boolean apply(Replay replay) {
    GapReason gap = replay.gap();
    if (gap != null) {
      moveTo(replay.start(), gap);
    } else if (at == null) {
      at = replay.start();
      skipped = true;
    }
    for (ReceivedFrame frame : replay.frames()) {
      if (!follow(frame, readOrigin, true)) {
        readAgain = true;
        break;
      }
      if (mode == Mode.FULL) {
        return false;
      }
    }
    if (replay.complete()) {
      passOnHeld();
      if (mode == Mode.FULL) {
        return false;
      }
      if (!readAgain) {
        mode = Mode.FOLLOWING;
        skipped = false;
        return false;
      }
    }
    readAgain = false;
    beginRead(readOrigin);
    return true;
  }

  /** Skips to a later position and tells why. */
  public void moveTo(Position position, GapReason reason) {
    sink.gap(at, position, reason);
    at = position;
    skipped = mode == Mode.READING;
  }

  private void passOnHeld() {
    if (held == null) {
      return;
    }
    List<HeldFrames.Held> waited = held.takeInOrder();
    held = null;
    for (HeldFrames.Held next : waited) {
      if (next.read() < read) {
        dropCovered(next.frame());
      } else if (follow(next.frame(), next.origin(), false)) {
        if (mode == Mode.FULL) {
          return;
        }
      } else {
        hold(next.frame(), next.origin());
        readAgain |= sink.mayReadNow();
      }
    }
  }

  /** Drops a frame that was stored before the read began, if ever: the read did not bring it. */
  private void dropCovered(ReceivedFrame frame) {
    boolean known = at != null && Continuity.of(at, frame.frame()) == Continuity.SEEN;
    if (known || (seen != null && seen.contains(frame.frame()))) {
      sink.duplicate(frame);
    } else if (skipped) {
      sink.stale(frame);
    } else {
      sink.foreign(frame);
    }
  }

  /**
   * Passes a frame on if it fits; false if it is not known to be either next or seen.
   *
   * @param stored whether it was read from the log, rather than heard
   */
  private boolean follow(ReceivedFrame received, Origin origin, boolean stored) {
    if (at == null) {
      return false;
    }
    switch (Continuity.of(at, received.frame())) {
      case NEXT -> {
        if (!stored && seen != null && seen.contains(received.frame())) {
          return false; // passed on before the log was rolled back: is it there again?
        }
        passOn(received, at.version(), origin);
        if (stored && held != null && held.remove(received.frame())) {
          sink.duplicate(received);
        }
        return true;
      }
      case SEEN -> {
        sink.duplicate(received);
        return true;
      }
      case OLDER -> {
        if (seen != null && !seen.contains(received.frame())) {
          return false;
        }
        sink.duplicate(received);
        return true;
      }
      default -> {
        return false;
      }
    }
  }

  private void passOn(ReceivedFrame received, long after, Origin origin) {
    int from = (int) (after + 1 - received.frame().firstVersion());
    if (!sink.accept(received, from, origin)) {
      mode = Mode.FULL;
      readAgain = false;
      held = null;
      return;
    }
    at = received.frame().finish();
    if (seen != null) {
      seen.add(received.frame());
    }
  }
}
