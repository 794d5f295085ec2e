package dev.tandem.pubsub.internal.log;

import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.pubsub.SubscribeOptions.Beginning;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reads of one channel's log, for all who need one: its feed, and the subscribers that catch up
 * by themselves. However many ask at once, few pages are read.
 *
 * <p>Requests wait here until a reading thread takes all that are there. Those that stand where the
 * remembered frames reach back to, proven by epoch, version and nonce, are answered from them. For
 * the others one page is read, from where the one furthest behind stands; every request that it
 * covers is judged by it, each for itself. Who stands behind its end waits for the next.
 *
 * <p>A request is only answered by what was read, or looked up, after it was made: everything that
 * its cursor had been offered until then is in it. Of what is remembered that is true because the
 * feed remembers a frame before it passes it on.
 *
 * <p>Reads are repeated until they succeed or nobody wants them any more.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class SharedReads {
  private static final Logger LOG = LoggerFactory.getLogger(SharedReads.class);

  private final ChannelLog log;
  private final LogReader reader;
  private final RecentFrames.Run recent;

  // Guarded by the reader's lock.
  private List<LogRequest> waiting = List.of();
  private boolean scheduled;

  /** What the log was called when it was read last; used by one serving task at a time. */
  private @Nullable String epoch;

  private int failures;

  /**
   * Reads nothing yet.
   *
   * @param recent what the channel's feed passed on last
   */
  public SharedReads(ChannelLog log, LogReader reader, RecentFrames.Run recent) {
    this.log = log;
    this.reader = reader;
    this.recent = recent;
  }

  /** A request and where it stands. */
  private record Asked(LogRequest request, Start from) {}

  /** What a request is given. */
  private record Answer(LogRequest request, Replay replay) {}

  /** Answers the request on a reading thread, once that is possible. */
  public void add(LogRequest request) {
    ReentrantLock lock = reader.waiting();
    lock.lock();
    try {
      keep(request);
      if (scheduled) {
        return;
      }
      scheduled = true;
    } finally {
      lock.unlock();
    }
    reader.soon(this::serve);
  }

  private void keep(LogRequest request) {
    if (waiting.isEmpty()) {
      waiting = new ArrayList<>(1);
    }
    waiting.add(request);
  }

  private void serve() {
    List<Asked> left = take();
    List<Answer> answers = new ArrayList<>();
    try {
      left = answerFromRemembered(left, answers);
      if (!left.isEmpty()) {
        left = answerFromLog(left, answers);
      }
    } catch (Throwable e) { // also errors: whoever asked waits for this
      failures++;
      answers.forEach(this::give);
      putBack(left);
      reader.afterFailure(log, failures, e, this::serve);
      return;
    }
    failures = 0;
    answers.forEach(this::give);
    if (putBack(left)) {
      reader.soon(this::serve);
    }
  }

  private List<Asked> take() {
    List<LogRequest> taken;
    ReentrantLock lock = reader.waiting();
    lock.lock();
    try {
      taken = waiting;
      waiting = List.of();
    } finally {
      lock.unlock();
    }
    List<Asked> asked = new ArrayList<>(taken.size());
    for (LogRequest request : taken) {
      if (request.isWanted()) {
        asked.add(new Asked(request, request.from()));
      }
    }
    return asked;
  }

  /** True if any wait now, for whom to serve again. */
  private boolean putBack(List<Asked> left) {
    ReentrantLock lock = reader.waiting();
    lock.lock();
    try {
      left.forEach(asked -> keep(asked.request()));
      scheduled = !waiting.isEmpty();
      return scheduled;
    } finally {
      lock.unlock();
    }
  }

  private void give(Answer answer) {
    try {
      answer.request().done(answer.replay());
    } catch (Throwable e) { // the others must get theirs
      LOG.error("what was read of channel {} could not be handled", log, e);
    }
  }

  /** Adds answers, and returns who is left. */
  private List<Asked> answerFromRemembered(List<Asked> all, List<Answer> answers) {
    LogPage page = all.isEmpty() ? null : recent.page();
    if (page == null) {
      return all;
    }
    List<Asked> left = new ArrayList<>();
    for (Asked asked : all) {
      Replay replay = asked.request().takesRemembered() ? remembered(asked, page) : null;
      if (replay == null) {
        left.add(asked);
      } else {
        answers.add(new Answer(asked.request(), replay));
      }
    }
    return left;
  }

  /** What the remembered frames say, if they can say anything; only the log can tell of losses. */
  private static @Nullable Replay remembered(Asked asked, LogPage page) {
    Position at = asked.from().after();
    boolean within =
        at == null
            ? asked.from().beginning() == Beginning.LATEST
            : at.epoch().equals(page.head().epoch())
                && at.version() >= page.since()
                && at.version() <= page.head().version();
    if (!within) {
      return null;
    }
    Replay replay = Replay.of(asked.from(), asked.request().maxReplay(), page);
    return replay.gap() == null || replay.gap() == GapReason.TOO_FAR ? replay : null;
  }

  /** Adds answers, none if it throws, and returns who is left. */
  private List<Asked> answerFromLog(List<Asked> all, List<Answer> answers) {
    Start from = widest(all);
    LogPage page = reader.page(log, from);
    epoch = page.head().epoch();
    List<Asked> left = new ArrayList<>();
    List<Answer> read = new ArrayList<>();
    for (Asked asked : all) {
      if (asked.from().equals(from) || page.covers(asked.from())) {
        LogRequest request = asked.request();
        read.add(new Answer(request, Replay.of(asked.from(), request.maxReplay(), page)));
      } else {
        left.add(asked);
      }
    }
    answers.addAll(read);
    return left;
  }

  /** The start whose page serves most: the furthest behind. */
  private Start widest(List<Asked> all) {
    Start widest = Start.NOW;
    for (Asked asked : all) {
      Start from = asked.from();
      Position at = from.after();
      Position furthest = widest.after();
      if (from.beginning() == Beginning.OLDEST) {
        return from;
      }
      if (at == null) {
        widest = furthest == null && from.beginning() == Beginning.LATEST ? from : widest;
        continue;
      }
      if (epoch != null && !epoch.equals(at.epoch())) {
        return Start.OLDEST; // what a position of another log is given
      }
      if (furthest == null || at.version() < furthest.version()) {
        widest = from;
      }
    }
    return widest;
  }
}
