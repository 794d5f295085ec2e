package dev.tandem.redis.batch;

import dev.tandem.api.error.MessagingException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Writes down what it is given; its gate lets one batch through for each permit. */
final class RecordingSink implements BatchSink<Integer> {
  final List<List<Integer>> batches = Collections.synchronizedList(new ArrayList<>());
  final Map<Integer, MessagingException> failed = new ConcurrentHashMap<>();
  final Map<Integer, Integer> settled = new ConcurrentHashMap<>();
  final Semaphore gate;
  final CountDownLatch entered = new CountDownLatch(1);

  private RecordingSink(int permits) {
    gate = new Semaphore(permits);
  }

  static RecordingSink open() {
    return new RecordingSink(Integer.MAX_VALUE / 2);
  }

  static RecordingSink shut() {
    return new RecordingSink(0);
  }

  void letThrough(int batches) {
    gate.release(batches);
  }

  void awaitBusy() throws InterruptedException {
    if (!entered.await(10, TimeUnit.SECONDS)) {
      throw new AssertionError("no batch was sent within 10 s");
    }
  }

  @Override
  public void send(List<Integer> batch) {
    entered.countDown();
    gate.acquireUninterruptibly();
    batches.add(List.copyOf(batch));
    batch.forEach(this::settle);
  }

  @Override
  public void fail(Integer entry, MessagingException why) {
    failed.put(entry, why);
    settle(entry);
  }

  private void settle(Integer entry) {
    settled.merge(entry, 1, Integer::sum);
  }

  List<Integer> sent() {
    synchronized (batches) {
      return batches.stream().flatMap(List::stream).toList();
    }
  }

  List<Integer> sizes() {
    synchronized (batches) {
      return batches.stream().map(List::size).toList();
    }
  }
}
