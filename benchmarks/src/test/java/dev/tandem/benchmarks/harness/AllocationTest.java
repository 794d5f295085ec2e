package dev.tandem.benchmarks.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class AllocationTest {
  private static final int MEBI = 1 << 20;

  @Test
  void whatOtherThreadsAllocateCountsAlsoOfThoseThatHaveBegunMeanwhile() throws Exception {
    CountDownLatch begin = new CountDownLatch(1);
    CountDownLatch allocated = new CountDownLatch(2);
    CountDownLatch end = new CountDownLatch(1);
    Thread earlier = new Thread(() -> allocate(begin, allocated, end));
    Thread later = new Thread(() -> allocate(begin, allocated, end));
    earlier.start();

    Allocation allocation = Allocation.start();
    later.start();
    begin.countDown();
    allocated.await();
    long bytes = allocation.soFar();
    end.countDown();
    earlier.join();
    later.join();

    assertThat(bytes).isBetween(2L * 8 * MEBI, 2L * 8 * MEBI + 8 * MEBI);
  }

  private static void allocate(CountDownLatch begin, CountDownLatch allocated, CountDownLatch end) {
    try {
      begin.await();
      byte[] bytes = new byte[8 * MEBI];
      bytes[bytes.length - 1] = 1;
      allocated.countDown();
      end.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
