package dev.tandem.pubsub.internal.log;

import dev.tandem.api.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads where many channels' logs stand, in pipelines of up to {@value #MOST_A_PIPELINE}: after the
 * connection was made anew, only the logs that have moved need to be read. A request that stands at
 * the head, or wants to begin there, is answered; the others are passed on to their channels'
 * reads.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class HeadReads {
  private static final Logger LOG = LoggerFactory.getLogger(HeadReads.class);

  /** The most channels in one pipeline: {@value}. */
  public static final int MOST_A_PIPELINE = 512;

  private final LogReader reader;
  private final ReentrantLock lock = new ReentrantLock();
  private List<Asked> waiting = new ArrayList<>();
  private boolean scheduled;
  private int failures;

  /** Reads nothing yet. */
  public HeadReads(LogReader reader) {
    this.reader = reader;
  }

  /** A request, whose log it is about, and who reads that. */
  private record Asked(ChannelLog log, SharedReads reads, LogRequest request) {}

  /** Answers the request on a reading thread, once that is possible. */
  public void add(ChannelLog log, SharedReads reads, LogRequest request) {
    lock.lock();
    try {
      waiting.add(new Asked(log, reads, request));
      if (scheduled) {
        return;
      }
      scheduled = true;
    } finally {
      lock.unlock();
    }
    reader.soon(this::serve);
  }

  private void serve() {
    List<Asked> some = take();
    List<@Nullable Position> heads = List.of();
    try {
      if (!some.isEmpty()) {
        heads = reader.heads(some.stream().map(Asked::log).toList());
      }
    } catch (Throwable e) { // also errors: whoever asked waits for this
      failures++;
      putBack(some);
      reader.afterFailure(some.get(0).log(), failures, e, this::serve);
      return;
    }
    failures = 0;
    for (int i = 0; i < some.size(); i++) {
      try {
        answer(some.get(i), heads.get(i));
      } catch (Throwable e) { // the others must get theirs
        LOG.error("the head of channel {} could not be handled", some.get(i).log(), e);
      }
    }
    if (putBack(List.of())) {
      reader.soon(this::serve);
    }
  }

  private List<Asked> take() {
    List<Asked> taken;
    lock.lock();
    try {
      int most = Math.min(MOST_A_PIPELINE, waiting.size());
      taken = new ArrayList<>(waiting.subList(0, most));
      waiting = new ArrayList<>(waiting.subList(most, waiting.size()));
    } finally {
      lock.unlock();
    }
    taken.removeIf(asked -> !asked.request().isWanted());
    return taken;
  }

  private boolean putBack(List<Asked> left) {
    lock.lock();
    try {
      waiting.addAll(left);
      scheduled = !waiting.isEmpty();
      return scheduled;
    } finally {
      lock.unlock();
    }
  }

  private static void answer(Asked asked, @Nullable Position head) {
    LogRequest request = asked.request();
    Start from = request.from();
    if (head != null && (from.equals(Start.NOW) || head.equals(from.after()))) {
      request.done(Replay.nothing(null, head));
    } else {
      asked.reads().add(request);
    }
  }
}
