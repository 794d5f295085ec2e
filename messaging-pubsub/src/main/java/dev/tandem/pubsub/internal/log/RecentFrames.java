package dev.tandem.pubsub.internal.log;

import dev.tandem.api.Position;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The last frames that the channels of a bus passed on, remembered so that subscribers who come
 * back soon need no read: an unbroken run for each channel, up to {@value #CHANNEL_FRAMES} frames
 * and 1 MiB each and 16 MiB in all, as they came over the network; the oldest of all go first.
 *
 * <p>Thread safety: safe for use by many threads. Its lock is held for nothing else.
 */
public final class RecentFrames {
  /** The most frames of one channel: {@value}. */
  public static final int CHANNEL_FRAMES = 1_024;

  /** The most bytes of one channel: 1 MiB. */
  public static final long CHANNEL_BYTES = 1 << 20;

  /** The most bytes of all channels: 16 MiB. */
  public static final long ALL_BYTES = 16 << 20;

  private final long mostBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<ReceivedFrame, Run> oldestFirst = new LinkedHashMap<>();
  private long bytes;

  /** Remembers {@link #ALL_BYTES}. */
  public RecentFrames() {
    this(ALL_BYTES);
  }

  RecentFrames(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** The run of one channel, empty. */
  public Run run() {
    return new Run();
  }

  private void makeRoom() {
    Iterator<Run> all = oldestFirst.values().iterator();
    while (bytes > mostBytes && all.hasNext()) {
      Run run = all.next();
      all.remove();
      run.dropOldest();
    }
  }

  /** The last frames of one channel, each continuing the one before. */
  public final class Run {
    private @Nullable ArrayDeque<ReceivedFrame> frames;
    private long runBytes;

    private Run() {}

    /** Adds the frame that was just passed on; forgets the others if it does not continue them. */
    public void add(ReceivedFrame frame) {
      lock.lock();
      try {
        ReceivedFrame last = frames == null ? null : frames.peekLast();
        if (last != null && !last.frame().finish().equals(frame.frame().start())) {
          empty();
        }
        if (frames == null) {
          frames = new ArrayDeque<>(2);
        }
        frames.add(frame);
        oldestFirst.put(frame, this);
        runBytes += frame.frame().size();
        bytes += frame.frame().size();
        while (frames.size() > CHANNEL_FRAMES || runBytes > CHANNEL_BYTES) {
          oldestFirst.remove(frames.element());
          dropOldest();
        }
        makeRoom();
      } finally {
        lock.unlock();
      }
    }

    private void dropOldest() {
      ReceivedFrame oldest = frames == null ? null : frames.poll();
      if (oldest != null) {
        runBytes -= oldest.frame().size();
        bytes -= oldest.frame().size();
      }
    }

    /** Forgets all. */
    public void clear() {
      lock.lock();
      try {
        empty();
      } finally {
        lock.unlock();
      }
    }

    private void empty() {
      if (frames != null) {
        frames.forEach(oldestFirst::remove);
        bytes -= runBytes;
        runBytes = 0;
        frames = null;
      }
    }

    /** What is remembered, or null if that is nothing. */
    @Nullable LogPage page() {
      List<ReceivedFrame> all;
      lock.lock();
      try {
        if (frames == null || frames.isEmpty()) {
          return null;
        }
        all = List.copyOf(frames);
      } finally {
        lock.unlock();
      }
      Position head = all.get(all.size() - 1).frame().finish();
      return new LogPage(head, all.get(0).frame().start().version(), all, false);
    }
  }
}
