package dev.tandem.pubsub.internal.log;

import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.pubsub.SubscribeOptions.Beginning;
import dev.tandem.pubsub.internal.frame.Frame;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a page of the log means for a reader that stands somewhere: an unbroken sequence from there,
 * or a gap and what follows it. Pure judgement, no state.
 *
 * <p>After a gap the sequence goes on as early as it can: with the oldest stored message where the
 * ones before it were trimmed or belonged to a lost log; at the head of the log where the reader's
 * past is not part of it ({@code ROLLED_BACK}: what is stored may be what it has seen already) or
 * where more is missing than it wants.
 *
 * @param gap why the reader missed something, or null if it did not
 * @param start the position that {@code frames} follow without a hole
 * @param frames what comes next; the first may begin before {@code start}
 * @param complete whether that reaches the head of the log, as it was when read
 * @param head where the log stood when read
 */
public record Replay(
    @Nullable GapReason gap,
    Position start,
    List<ReceivedFrame> frames,
    boolean complete,
    Position head) {

  /**
   * Judges a page.
   *
   * @param from where the reader stands
   * @param maxReplay the most messages it wants
   */
  public static Replay of(Start from, long maxReplay, LogPage page) {
    Position head = page.head();
    Position at = from.after();
    if (at == null) {
      return unplaced(from.beginning(), maxReplay, page);
    }
    if (!at.epoch().equals(head.epoch())) {
      return fromOldest(GapReason.EPOCH_CHANGED, maxReplay, page.frames(), head);
    }
    if (at.version() > head.version()) {
      return nothing(GapReason.ROLLED_BACK, head);
    }
    if (at.version() == head.version()) {
      boolean same = at.nonce().equals(head.nonce());
      return nothing(same ? null : GapReason.ROLLED_BACK, head);
    }
    return behind(at, maxReplay, page);
  }

  private static Replay unplaced(Beginning beginning, long maxReplay, LogPage page) {
    return switch (beginning) {
      case OLDEST -> fromOldest(null, maxReplay, page.frames(), page.head());
      case LATEST -> fromLatest(maxReplay, page);
      default -> nothing(null, page.head());
    };
  }

  private static Replay fromLatest(long maxReplay, LogPage page) {
    ReceivedFrame newest = page.newest();
    if (newest == null) {
      return nothing(null, page.head());
    }
    if (maxReplay < 1) {
      return nothing(GapReason.TOO_FAR, page.head());
    }
    return new Replay(null, newest.frame().beforeLast(), List.of(newest), true, page.head());
  }

  private static Replay behind(Position at, long maxReplay, LogPage page) {
    List<ReceivedFrame> frames = page.from(at.version());
    Position head = page.head();
    if (frames.isEmpty()) {
      return nothing(GapReason.TRIMMED, head);
    }
    Frame first = frames.get(0).frame();
    if (first.firstVersion() > at.version() + 1) {
      return fromOldest(GapReason.TRIMMED, maxReplay, frames, head);
    }
    if (!Continuity.isPartOf(at, first)) {
      return nothing(GapReason.ROLLED_BACK, head);
    }
    if (head.version() - at.version() > maxReplay) {
      return nothing(GapReason.TOO_FAR, head);
    }
    return following(null, at, frames, head);
  }

  private static Replay fromOldest(
      @Nullable GapReason gap, long maxReplay, List<ReceivedFrame> frames, Position head) {
    if (frames.isEmpty()) {
      return nothing(gap, head);
    }
    Position oldest = frames.get(0).frame().start();
    if (head.version() - oldest.version() > maxReplay) {
      return nothing(gap == null ? GapReason.TOO_FAR : gap, head);
    }
    return following(gap, oldest, frames, head);
  }

  private static Replay following(
      @Nullable GapReason gap, Position start, List<ReceivedFrame> frames, Position head) {
    int from = 0;
    while (from < frames.size() && frames.get(from).frame().lastVersion() <= start.version()) {
      from++;
    }
    int to = from;
    Position at = start;
    while (to < frames.size() && Continuity.isNext(at, frames.get(to).frame())) {
      at = frames.get(to).frame().finish();
      to++;
    }
    if (from == to) {
      // The log has given out the next version and does not have it any more.
      return nothing(gap == null ? GapReason.TRIMMED : gap, head);
    }
    return new Replay(gap, start, frames.subList(from, to), at.equals(head), head);
  }

  /** Nothing to pass on: the reader goes on at the head. */
  static Replay nothing(@Nullable GapReason gap, Position head) {
    return new Replay(gap, head, List.of(), true, head);
  }
}
