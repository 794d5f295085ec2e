package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.GroupStream;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The readers of a worker, and which of them reads what. One reads everything; on a Cluster, where
 * one command cannot, the first {@value #MOST_OWN} streams have one each, and one more asks for the
 * entries of all others. Safe for use by many threads.
 */
final class Readers {
  /** The most streams of a Cluster that have a reader each. */
  static final int MOST_OWN = 16;

  private final Shared shared;
  private final Intake intake;
  private final Threads threads;
  private final List<Reader> readers = new CopyOnWriteArrayList<>();
  private @Nullable Reader common;
  private final ReentrantLock lock = new ReentrantLock();
  private boolean started;
  private volatile boolean stopped;

  Readers(Shared shared, Intake intake, Threads threads) {
    this.shared = shared;
    this.intake = intake;
    this.threads = threads;
    if (!shared.redis().isCluster()) {
      common = create(false);
    } else if (shared.settings().tenants().isEmpty()) {
      common = create(true);
    }
  }

  private Reader create(boolean polls) {
    Reader reader = new Reader(shared, intake, List.of(), polls);
    lock.lock();
    try {
      readers.add(reader);
      if (started && !stopped) {
        threads.start("reader", reader);
      }
    } finally {
      lock.unlock();
    }
    return reader;
  }

  /** Has this stream read too; one at a time. */
  void add(GroupStream stream) {
    assigned().add(stream);
  }

  private Reader assigned() {
    if (common != null && !shared.redis().isCluster()) {
      return common;
    }
    for (Reader reader : readers) {
      if (reader != common && reader.size() == 0) {
        return reader;
      }
    }
    if (readers.size() < MOST_OWN) {
      return create(false);
    }
    if (common == null) {
      common = create(true);
    }
    return common;
  }

  /** Has this stream, of which a source is read, read where that is. */
  void addBeside(GroupStream source, GroupStream stream) {
    of(source, reader -> reader.add(stream));
  }

  /** Does what is said with who reads this stream. */
  void of(GroupStream stream, Consumer<Reader> what) {
    for (Reader reader : readers) {
      if (reader.reads(stream)) {
        what.accept(reader);
      }
    }
  }

  /** Whether one reads this stream, or may still. */
  boolean anyReads(GroupStream stream) {
    return readers.stream().anyMatch(reader -> reader.reads(stream));
  }

  void roomMade() {
    readers.forEach(Reader::roomMade);
  }

  /** Starts all there are, and from now on each that is added. */
  void start() {
    lock.lock();
    try {
      started = true;
      readers.forEach(reader -> threads.start("reader", reader));
    } finally {
      lock.unlock();
    }
  }

  /** Ends all. */
  void stop() {
    stopped = true;
    readers.forEach(Reader::stop);
  }

  int size() {
    return readers.size();
  }
}
