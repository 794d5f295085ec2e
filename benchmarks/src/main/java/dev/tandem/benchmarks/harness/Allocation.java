package dev.tandem.benchmarks.harness;

import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;

/**
 * The bytes of heap that threads allocate from now on. A thread that has ended when they are asked
 * for is not counted, nor is memory outside the heap.
 */
final class Allocation {
  private final Map<Long, Long> before = allocated();

  private Allocation() {}

  /** Begins. */
  static Allocation start() {
    return new Allocation();
  }

  /** What the threads that live now allocated since. */
  long soFar() {
    long bytes = 0;
    for (Map.Entry<Long, Long> thread : allocated().entrySet()) {
      bytes += thread.getValue() - before.getOrDefault(thread.getKey(), 0L);
    }
    return bytes;
  }

  private static Map<Long, Long> allocated() {
    Map<Long, Long> bytes = new HashMap<>();
    if (ManagementFactory.getThreadMXBean() instanceof com.sun.management.ThreadMXBean threads
        && threads.isThreadAllocatedMemorySupported()) {
      long[] ids = threads.getAllThreadIds();
      long[] counts = threads.getThreadAllocatedBytes(ids);
      for (int i = 0; i < ids.length; i++) {
        bytes.put(ids[i], Math.max(0, counts[i])); // -1: it has ended meanwhile
      }
    }
    return bytes;
  }
}
