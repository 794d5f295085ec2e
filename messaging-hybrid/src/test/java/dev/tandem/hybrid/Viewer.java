package dev.tandem.hybrid;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Notes what a hybrid subscriber gets, in order, and whether two calls ever ran at once. */
class Viewer implements LiveListener<String> {
  private final ReentrantLock lock = new ReentrantLock();
  private final List<String> payloads = new ArrayList<>();
  private final List<String> ids = new ArrayList<>();
  private final List<String> events = new ArrayList<>();
  private final List<Gap> gaps = new ArrayList<>();
  private final AtomicInteger inside = new AtomicInteger();
  private volatile boolean overlapped;
  private volatile @Nullable Position last;

  @Override
  public void onMessage(LiveMessage<String> message) {
    enter();
    last = message.position();
    lock.lock();
    try {
      payloads.add(message.payload());
      ids.add(message.id().value());
      events.add(message.payload());
    } finally {
      lock.unlock();
    }
    inside.decrementAndGet();
  }

  @Override
  public void onGap(Gap gap) {
    enter();
    lock.lock();
    try {
      gaps.add(gap);
      events.add(gap.reason().name());
    } finally {
      lock.unlock();
    }
    inside.decrementAndGet();
  }

  private void enter() {
    if (inside.incrementAndGet() > 1) {
      overlapped = true;
    }
  }

  boolean overlapped() {
    return overlapped;
  }

  @Nullable Position last() {
    return last;
  }

  int count() {
    return payloads().size();
  }

  List<String> payloads() {
    return copy(payloads);
  }

  List<String> ids() {
    return copy(ids);
  }

  /** Payloads and the reasons of gaps, in order. */
  List<String> events() {
    return copy(events);
  }

  List<Gap> gaps() {
    return copy(gaps);
  }

  List<GapReason> reasons() {
    return gaps().stream().map(Gap::reason).toList();
  }

  private <E> List<E> copy(List<E> list) {
    lock.lock();
    try {
      return List.copyOf(list);
    } finally {
      lock.unlock();
    }
  }
}
