package dev.tandem.pubsub.internal.log;

import dev.tandem.pubsub.internal.frame.Frame;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Frames that wait for a read, bounded by number and bytes. */
final class HeldFrames {
  /** The most frames held. */
  static final int MOST_FRAMES = 1_024;

  /** The most bytes held: 16 MiB. */
  static final int MOST_BYTES = 16 << 20;

  private final List<Held> frames = new ArrayList<>();
  private long bytes;

  /**
   * A frame that waits.
   *
   * @param frame the frame
   * @param origin how it came
   * @param read the number of the last read that was begun before it came
   */
  record Held(ReceivedFrame frame, Origin origin, int read) {}

  /** Holds a frame; false if there was no room and all, this one too, were dropped. */
  boolean add(ReceivedFrame frame, Origin origin, int read) {
    int size = frame.frame().size();
    if (frames.size() >= MOST_FRAMES || (!frames.isEmpty() && bytes + size > MOST_BYTES)) {
      clear();
      return false;
    }
    frames.add(new Held(frame, origin, read));
    bytes += size;
    return true;
  }

  /** Takes out all copies of a frame; false if none was held. */
  boolean remove(Frame frame) {
    return frames.removeIf(
        held -> {
          Frame other = held.frame().frame();
          boolean same =
              other.lastVersion() == frame.lastVersion() && other.nonce().equals(frame.nonce());
          if (same) {
            bytes -= other.size();
          }
          return same;
        });
  }

  /** Takes all out, by version. */
  List<Held> takeInOrder() {
    List<Held> taken = new ArrayList<>(frames);
    taken.sort(Comparator.comparingLong(held -> held.frame().frame().firstVersion()));
    clear();
    return taken;
  }

  void clear() {
    frames.clear();
    bytes = 0;
  }
}
