package dev.tandem.streams.internal.group;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many deliveries of one tenant a member holds that are not handled yet, over all its streams.
 * Safe for use by many threads.
 */
public final class Load {
  private final AtomicInteger open = new AtomicInteger();

  void add(int more) {
    open.addAndGet(more);
  }

  /** Buffered and running. */
  public int open() {
    return open.get();
  }
}
