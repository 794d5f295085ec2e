package dev.tandem.pubsub.internal.log;

import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.pubsub.SubscribeOptions.Beginning;
import dev.tandem.pubsub.internal.frame.Frame;
import java.util.ArrayList;
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
    @Nullable GapReason gap, Position start, List<Frame> frames, boolean complete, Position head) {

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
      return fromOldest(GapReason.EPOCH_CHANGED, maxReplay, page);
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
      case OLDEST -> fromOldest(null, maxReplay, page);
      case LATEST -> fromLatest(maxReplay, page);
      default -> nothing(null, page.head());
    };
  }

  private static Replay fromLatest(long maxReplay, LogPage page) {
    List<Frame> frames = ofThisLog(page);
    Frame newest = frames.isEmpty() ? null : frames.get(frames.size() - 1);
    if (newest == null || !newest.finish().equals(page.head())) {
      return nothing(null, page.head());
    }
    if (maxReplay < 1) {
      return nothing(GapReason.TOO_FAR, page.head());
    }
    return new Replay(null, newest.beforeLast(), List.of(newest), true, page.head());
  }

  private static Replay behind(Position at, long maxReplay, LogPage page) {
    List<Frame> frames = ofThisLog(page);
    if (frames.isEmpty()) {
      return nothing(GapReason.TRIMMED, page.head());
    }
    Frame first = frames.get(0);
    if (first.firstVersion() > at.version() + 1) {
      return fromOldest(GapReason.TRIMMED, maxReplay, page);
    }
    if (!Continuity.isPartOf(at, first)) {
      return nothing(GapReason.ROLLED_BACK, page.head());
    }
    if (page.head().version() - at.version() > maxReplay) {
      return nothing(GapReason.TOO_FAR, page.head());
    }
    return following(null, at, frames, page);
  }

  private static Replay fromOldest(@Nullable GapReason gap, long maxReplay, LogPage page) {
    List<Frame> frames = ofThisLog(page);
    if (frames.isEmpty()) {
      return nothing(gap, page.head());
    }
    Position oldest = frames.get(0).start();
    if (page.head().version() - oldest.version() > maxReplay) {
      return nothing(gap == null ? GapReason.TOO_FAR : gap, page.head());
    }
    return following(gap, oldest, frames, page);
  }

  private static Replay following(
      @Nullable GapReason gap, Position start, List<Frame> frames, LogPage page) {
    List<Frame> unbroken = new ArrayList<>(frames.size());
    Position at = start;
    for (Frame frame : frames) {
      if (frame.lastVersion() <= at.version()) {
        continue;
      }
      if (!Continuity.isNext(at, frame)) {
        break;
      }
      unbroken.add(frame);
      at = frame.finish();
    }
    if (unbroken.isEmpty()) {
      // The log has given out the next version and does not have it any more.
      return nothing(gap == null ? GapReason.TRIMMED : gap, page.head());
    }
    return new Replay(gap, start, unbroken, at.equals(page.head()), page.head());
  }

  private static Replay nothing(@Nullable GapReason gap, Position head) {
    return new Replay(gap, head, List.of(), true, head);
  }

  private static List<Frame> ofThisLog(LogPage page) {
    String epoch = page.head().epoch();
    return page.frames().stream()
        .filter(frame -> frame.isRecoverable() && frame.epoch().equals(epoch))
        .toList();
  }
}
