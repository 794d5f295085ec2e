package dev.tandem.pubsub.internal.log;

import dev.tandem.api.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a log: what one read of it brought, or what is remembered of it. It can be judged
 * for every reader that stands on it, not only for the one that it was read for.
 *
 * @param head where the log stood
 * @param since all stored frames that end with this version or a later one are here, up to the last
 *     of them; 0 if it begins with the oldest, {@link #NOTHING} if it holds no such stretch
 * @param frames frames, oldest first; those that could not be parsed or belong to another log are
 *     left out
 * @param hasMore whether more frames are stored behind these
 */
public record LogPage(Position head, long since, List<ReceivedFrame> frames, boolean hasMore) {
  /** Not even the newest frame is known to be there. */
  public static final long NOTHING = Long.MAX_VALUE;

  /** Leaves out what is not of this log. */
  public LogPage {
    String epoch = head.epoch();
    frames =
        frames.stream()
            .filter(received -> received.frame().isRecoverable())
            .filter(received -> received.frame().epoch().equals(epoch))
            .toList();
  }

  /** Whether a reader that wants to start there finds here what it would be given by itself. */
  boolean covers(Start start) {
    Position at = start.after();
    if (at == null) {
      return switch (start.beginning()) {
        case OLDEST -> since == 0;
        case LATEST -> newest() != null;
        default -> true;
      };
    }
    if (!at.epoch().equals(head.epoch())) {
      return since == 0;
    }
    if (at.version() >= head.version()) {
      return true;
    }
    return at.version() >= since && (!hasMore || at.version() < lastVersion());
  }

  /** The frame that ends at the head, if it is here. */
  @Nullable ReceivedFrame newest() {
    ReceivedFrame last = frames.isEmpty() ? null : frames.get(frames.size() - 1);
    return last != null && last.frame().finish().equals(head) ? last : null;
  }

  private long lastVersion() {
    return frames.isEmpty() ? -1 : frames.get(frames.size() - 1).frame().lastVersion();
  }

  /** The frames from the one on that contains this version. */
  List<ReceivedFrame> from(long version) {
    int low = 0;
    int high = frames.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (frames.get(middle).frame().lastVersion() < version) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return frames.subList(low, frames.size());
  }
}
