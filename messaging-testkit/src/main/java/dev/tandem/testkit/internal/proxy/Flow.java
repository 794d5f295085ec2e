package dev.tandem.testkit.internal.proxy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * One direction of one connection: bytes on their way, each with the time it may arrive, in order.
 */
final class Flow {

  /** How much may be on its way before the sender is no longer read. */
  static final int LIMIT_BYTES = 8 * 1024 * 1024;

  /** Where the queue stands after a flush. */
  enum Standing {
    /** Nothing can be written now. */
    IDLE,
    /** The receiver takes no more for the moment. */
    BLOCKED,
    /** All is written and the sender has ended. */
    ENDED,
    /** All is written and the connection is to be ended, once the receiver has read it. */
    HUNG_UP,
    /** All is written and the connection is to be reset. */
    RESET
  }

  private record Item(@Nullable ByteBuffer data, Standing end, long dueNanos) {}

  private final Deque<Item> queue = new ArrayDeque<>();
  private long queuedBytes;
  private boolean ended;

  void add(ByteBuffer data, long dueNanos) {
    if (data.hasRemaining() && !ended) {
      queuedBytes += data.remaining();
      queue.add(new Item(data, Standing.IDLE, dueNanos));
    }
  }

  /** The last item: ENDED, HUNG_UP or RESET. */
  void end(Standing how, long dueNanos) {
    if (!ended) {
      ended = true;
      queue.add(new Item(null, how, dueNanos));
    }
  }

  /** Loses what is on its way; true if there was anything. */
  boolean clear() {
    boolean any = !queue.isEmpty();
    queue.clear();
    queuedBytes = 0;
    return any;
  }

  boolean hasRoom() {
    return queuedBytes < LIMIT_BYTES;
  }

  /** Nanoseconds until the next item may arrive, at least 0; -1 when there is none. */
  long waitNanos(long nowNanos) {
    Item head = queue.peek();
    return head == null ? -1 : Math.max(0, head.dueNanos() - nowNanos);
  }

  Standing flush(SocketChannel receiver, long nowNanos) throws IOException {
    for (Item head = queue.peek(); head != null; head = queue.peek()) {
      if (head.dueNanos() - nowNanos > 0) {
        return Standing.IDLE;
      }
      ByteBuffer data = head.data();
      if (data == null) {
        queue.remove();
        return head.end();
      }
      queuedBytes -= receiver.write(data);
      if (data.hasRemaining()) {
        return Standing.BLOCKED;
      }
      queue.remove();
    }
    return Standing.IDLE;
  }
}
