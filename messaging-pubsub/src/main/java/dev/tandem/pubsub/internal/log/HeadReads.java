package dev.tandem.pubsub.internal.log;

import dev.tandem.api.Position;
import dev.tandem.api.error.MessagingException;
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
 * reads. What cannot be read now, on a Cluster perhaps one node's or one slot's alone, is asked for
 * again later, and keeps no others waiting.
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

  /** Reads nothing yet. */
  public HeadReads(LogReader reader) {
    this.reader = reader;
  }

  /** A request, whose log it is about, who reads that, and how often it failed. */
  private record Asked(ChannelLog log, SharedReads reads, LogRequest request, int failures) {
    Asked failed(int times) {
      return new Asked(log, reads, request, times);
    }
  }

  /** Answers the request on a reading thread, once that is possible. */
  public void add(ChannelLog log, SharedReads reads, LogRequest request) {
    add(List.of(new Asked(log, reads, request, 0)));
  }

  private void add(List<Asked> more) {
    lock.lock();
    try {
      waiting.addAll(more);
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
    try {
      if (!some.isEmpty()) {
        answer(some, reader.heads(some.stream().map(Asked::log).toList()));
      }
    } catch (Throwable e) { // also errors: whoever asked waits for this
      askLater(some, e);
    }
    if (isMoreWaiting()) {
      reader.soon(this::serve);
    }
  }

  private void answer(List<Asked> some, List<LogReader.Head> heads) {
    List<Asked> left = new ArrayList<>();
    MessagingException why = null;
    for (int i = 0; i < some.size(); i++) {
      LogReader.Head head = heads.get(i);
      if (head.passing() != null) {
        why = head.passing();
        left.add(some.get(i));
      } else {
        tryToAnswer(some.get(i), head.position());
      }
    }
    if (why != null) {
      askLater(left, why);
    }
  }

  private static void tryToAnswer(Asked asked, @Nullable Position head) {
    try {
      answer(asked, head);
    } catch (Throwable e) { // the others must get theirs
      LOG.error("the head of channel {} could not be handled", asked.log(), e);
    }
  }

  private void askLater(List<Asked> left, Throwable why) {
    int failures = left.stream().mapToInt(Asked::failures).max().orElse(0) + 1;
    List<Asked> again = left.stream().map(asked -> asked.failed(failures)).toList();
    reader.afterFailure(again.get(0).log(), failures, why, () -> add(again));
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

  private boolean isMoreWaiting() {
    lock.lock();
    try {
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
