package dev.tandem.streams.internal.produce;

import dev.tandem.tenant.StreamKeys;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one stream: the call under way, which stays the same until its outcome is known,
 * and the entries behind it.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class Lane {
  private final StreamKeys keys;
  private final ArrayDeque<Outgoing> waiting = new ArrayDeque<>();
  private @Nullable Frame frame;
  private long dueNanos;
  private int fullInARow;
  private String newestId = "";

  Lane(StreamKeys keys) {
    this.keys = keys;
  }

  StreamKeys keys() {
    return keys;
  }

  void add(Outgoing entry) {
    waiting.add(entry);
  }

  boolean isEmpty() {
    return frame == null && waiting.isEmpty();
  }

  /** The oldest entry; there must be one. */
  Outgoing oldest() {
    return frame != null ? frame.first() : waiting.element();
  }

  /** The call to be sent: the one under way, or the next one. */
  Frame frame(LongSupplier numbers) {
    Frame current = frame;
    if (current == null) {
      current = new Frame(cut(), numbers.getAsLong());
      frame = current;
    }
    return current;
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

  /** The call under way has its outcome; entries it could not append go first among the waiting. */
  void frameDone(List<Outgoing> again) {
    frame = null;
    for (int i = again.size() - 1; i >= 0; i--) {
      waiting.addFirst(again.get(i));
    }
  }

  /** Takes out everything that is not in the call under way. */
  List<Outgoing> removeWaiting() {
    List<Outgoing> all = new ArrayList<>(waiting);
    waiting.clear();
    return all;
  }

  /** The call under way, or null. */
  @Nullable Frame underWay() {
    return frame;
  }

  /** When it wants to be sent. */
  long dueNanos() {
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
