package dev.tandem.streams.internal.produce;

import dev.tandem.redis.batch.LaneBook;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.tenant.StreamKeys;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one stream: the calls under way, each of which stays the same until its outcome is
 * known, and the entries behind them.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class Lane implements LaneBook.Lane<RedisKey, Outgoing> {
  /**
   * The most calls under way: while the server works at one, the next one is there already. The
   * server remembers as many.
   */
  static final int MOST_UNDER_WAY = 2;

  private final StreamKeys keys;
  private final ArrayDeque<Outgoing> waiting = new ArrayDeque<>();
  private final ArrayDeque<Frame> underWay = new ArrayDeque<>(MOST_UNDER_WAY);
  private long dueNanos;
  private int fullInARow;
  private String newestId = "";

  Lane(StreamKeys keys) {
    this.keys = keys;
  }

  @Override
  public RedisKey key() {
    return keys.stream();
  }

  @Override
  public void add(Outgoing entry) {
    waiting.add(entry);
  }

  @Override
  public boolean isEmpty() {
    return underWay.isEmpty() && waiting.isEmpty();
  }

  @Override
  public long oldestNumber() {
    return (underWay.isEmpty() ? waiting.element() : underWay.element().first()).number();
  }

  /** Whether {@link #next} has something to send. */
  @Override
  public boolean hasNext() {
    boolean anyAwaited = false;
    boolean anyAgain = false;
    for (Frame frame : underWay) {
      anyAwaited |= frame.isAwaited();
      anyAgain |= !frame.isAwaited();
    }
    if (anyAgain) {
      return !anyAwaited; // together, in their order
    }
    return !waiting.isEmpty()
        && underWay.size() < MOST_UNDER_WAY
        && (underWay.isEmpty() || underWay.getLast().mayBeFollowed());
  }

  /**
   * The calls to be sent, in order: all that are under way, again, or the next one.
   *
   * @param memory of the producer; null if no call is to be remembered
   * @param refused takes what the tenant's quotas refuse, which is in no lane any more
   */
  List<Call> next(
      @Nullable Memory memory, @Nullable Admission admission, List<Admission.Refused> refused) {
    if (underWay.isEmpty() || underWay.element().isAwaited()) {
      Frame before = underWay.peekLast();
      List<Outgoing> entries = admission == null ? cut() : cut(admission, refused);
      if (entries.isEmpty()) {
        return List.of();
      }
      Frame frame = new Frame(entries, memory == null ? 0 : memory.nextCall());
      underWay.add(frame);
      return List.of(new Call(this, frame, before == null ? 0 : before.call()));
    }
    List<Call> again = new ArrayList<>(underWay.size());
    long before = 0;
    for (Frame frame : underWay) {
      again.add(new Call(this, frame, before));
      before = frame.call();
    }
    return again;
  }

  /** What of it may be appended; while a call is under way, what lacks room may yet have it. */
  private List<Outgoing> cut(Admission admission, List<Admission.Refused> refused) {
    while (!waiting.isEmpty()) {
      List<Outgoing> cut = cut();
      if (underWay.isEmpty()) {
        Admission.Result result = admission.ask(cut);
        refused.addAll(result.refused());
        if (!result.admitted().isEmpty()) {
          return result.admitted();
        }
      } else {
        int admitted = admission.askForFirst(cut).admitted().size();
        putBack(cut.subList(admitted, cut.size()));
        return cut.subList(0, admitted);
      }
    }
    return List.of();
  }

  /** As many as go together: one limit, not too many, not too large. */
  private List<Outgoing> cut() {
    List<Outgoing> entries = new ArrayList<>(Math.min(waiting.size(), Frame.MOST_ENTRIES));
    long most = waiting.element().mostEntries();
    long bytes = 0;
    while (!waiting.isEmpty() && entries.size() < Frame.MOST_ENTRIES) {
      Outgoing next = waiting.element();
      bytes += next.bytes();
      if (!entries.isEmpty() && (bytes > Frame.MOST_BYTES || next.mostEntries() != most)) {
        break;
      }
      entries.add(waiting.remove());
    }
    return entries;
  }

  /** A call has its outcome; entries it could not append go first among the waiting. */
  void done(Frame frame, List<Outgoing> again) {
    underWay.remove(frame);
    putBack(again);
  }

  private void putBack(List<Outgoing> entries) {
    for (int i = entries.size() - 1; i >= 0; i--) {
      waiting.addFirst(entries.get(i));
    }
  }

  /** Takes out everything that is in no call under way. */
  List<Outgoing> removeWaiting() {
    List<Outgoing> all = new ArrayList<>(waiting);
    waiting.clear();
    return all;
  }

  /** The calls under way, in order. */
  List<Frame> underWay() {
    return List.copyOf(underWay);
  }

  @Override
  public long dueNanos() {
    return dueNanos;
  }

  void dueAt(long nanos) {
    dueNanos = nanos;
  }

  /** How often in a row the stream had no room at all. */
  int foundFull() {
    return fullInARow++;
  }

  void foundRoom() {
    fullInARow = 0;
  }

  /** The newest id of the stream known here, or empty. */
  String newestId() {
    return newestId;
  }

  void newestId(String id) {
    newestId = id;
  }
}
