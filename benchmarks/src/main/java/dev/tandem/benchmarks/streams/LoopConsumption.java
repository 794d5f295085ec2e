package dev.tandem.benchmarks.streams;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The fastest loop that one would write by hand around a {@link GroupReader}: reads a batch,
 * handles it, acknowledges it in one go or each entry when it is handled.
 */
final class LoopConsumption<E> implements Consumption {
  private final GroupReader<E> reader;
  private final Consumer<byte[]> handler;
  private final boolean acknowledgesEach;
  private final int handlers;
  private final ExecutorService pool;
  private final AtomicLong acknowledged = new AtomicLong();
  private final Thread thread = new Thread(this::run, "group-loop");
  private volatile boolean closed;
  private volatile @Nullable RuntimeException failed;

  private LoopConsumption(
      GroupReader<E> reader, Consumer<byte[]> handler, boolean acknowledgesEach, int handlers) {
    this.reader = reader;
    this.handler = handler;
    this.acknowledgesEach = acknowledgesEach;
    this.handlers = handlers;
    this.pool = Executors.newFixedThreadPool(handlers);
    thread.setDaemon(true);
  }

  /** Acknowledges batches, and handles in the thread that reads. */
  static <E> Opener batched(GroupReader.Opener<E> opener) {
    return (bench, group, handler) ->
        new LoopConsumption<>(opener.open(bench, group), handler, false, 1);
  }

  /** Acknowledges an entry before the next is handled. */
  static <E> Opener each(GroupReader.Opener<E> opener) {
    return (bench, group, handler) ->
        new LoopConsumption<>(opener.open(bench, group), handler, true, 1);
  }

  /** Acknowledges batches that are handled by some threads. */
  static <E> Opener pooled(GroupReader.Opener<E> opener, int handlers) {
    return (bench, group, handler) ->
        new LoopConsumption<>(opener.open(bench, group), handler, false, handlers);
  }

  @Override
  public void start() {
    thread.start();
  }

  private void run() {
    try {
      consume();
    } catch (RuntimeException e) {
      failed = e;
    }
  }

  private void consume() {
    while (!closed) {
      List<E> entries = reader.read();
      if (entries.isEmpty()) {
        continue;
      }
      if (acknowledgesEach) {
        for (E entry : entries) {
          handle(entry);
          acknowledged.addAndGet(reader.acknowledge(List.of(entry)));
        }
      } else {
        handle(entries);
        acknowledged.addAndGet(reader.acknowledge(entries));
      }
    }
  }

  private void handle(E entry) {
    handler.accept(reader.payload(entry));
  }

  private void handle(List<E> entries) {
    if (handlers == 1) {
      entries.forEach(this::handle);
      return;
    }
    List<Callable<Void>> shares = new ArrayList<>(handlers);
    for (int i = 0; i < handlers; i++) {
      int from = i;
      shares.add(
          () -> {
            for (int at = from; at < entries.size(); at += handlers) {
              handle(entries.get(at));
            }
            return null;
          });
    }
    try {
      for (Future<Void> share : pool.invokeAll(shares)) {
        share.get();
      }
    } catch (Exception e) {
      throw new IllegalStateException("not handled", e);
    }
  }

  /** Fails if the loop did: what it would have acknowledged is not lost. */
  @Override
  public long acknowledged() {
    RuntimeException why = failed;
    if (why != null) {
      throw new IllegalStateException("the loop ended: " + why.getMessage(), why);
    }
    return acknowledged.get();
  }

  @Override
  public void close() {
    closed = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    pool.shutdown();
    reader.close();
  }
}
