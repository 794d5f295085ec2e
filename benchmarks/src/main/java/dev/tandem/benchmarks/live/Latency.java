package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.Measurement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * From the moment at which a message was to be published, {@value #RATE} a second, to the moment at
 * which the subscriber had it: late sending counts too. Contenders take turns.
 */
record Latency(LiveBench bench, int messages, int warmUps, int rounds) implements Measurement {
  private static final int RATE = 2_000;

  /** Messages at the start of a round that are not counted: connections are opened meanwhile. */
  private static final int RUN_UP = RATE / 4;

  private static final long INTERVAL_NANOS = 1_000_000_000L / RATE;

  /** Rounds of two seconds each: five to warm up and seven measured. */
  static Latency of(LiveBench bench) {
    return new Latency(bench, 2 * RATE, 5, 7);
  }

  @Override
  public String name() {
    return "latency";
  }

  /** One way from a publisher to a subscriber. */
  interface Route extends AutoCloseable {
    void send(int number);

    @Override
    void close();
  }

  /** When which message arrived. */
  static final class Times {
    private final AtomicLongArray arrived;

    Times(int messages) {
      arrived = new AtomicLongArray(messages);
    }

    void arrived(int number) {
      arrived.set(number, System.nanoTime());
    }

    boolean isComplete() {
      for (int i = arrived.length() - 1; i >= 0; i--) {
        if (arrived.get(i) == 0) {
          return false;
        }
      }
      return true;
    }
  }

  @Override
  public List<Figure> measure() throws InterruptedException {
    List<Figure> figures = new ArrayList<>();
    List<String> names = Routes.NAMES;
    double[][] medians = new double[names.size()][rounds];
    double[][] tails = new double[names.size()][rounds];
    for (int round = -warmUps; round < rounds; round++) {
      for (int which = 0; which < names.size(); which++) {
        long[] nanos = once(names.get(which));
        if (round >= 0) {
          medians[which][round] = nanos[nanos.length / 2] / 1e3;
          tails[which][round] = nanos[nanos.length * 99 / 100] / 1e3;
        }
      }
    }
    for (int which = 0; which < names.size(); which++) {
      figures.add(new Figure(names.get(which) + " median", middle(medians[which]), "us"));
      figures.add(new Figure(names.get(which) + " 99 %", middle(tails[which]), "us"));
    }
    return figures;
  }

  private long[] once(String name) throws InterruptedException {
    int all = RUN_UP + messages;
    Times times = new Times(all);
    long[] due = new long[all];
    try (Route route = Routes.open(name, bench, times)) {
      long start = System.nanoTime() + 50_000_000L;
      for (int i = 0; i < all; i++) {
        due[i] = start + i * INTERVAL_NANOS;
        long left = due[i] - System.nanoTime();
        while (left > 0) {
          LockSupport.parkNanos(left);
          left = due[i] - System.nanoTime();
        }
        route.send(i);
      }
      long giveUp = System.nanoTime() + Arrivals.PATIENCE.toNanos();
      while (!times.isComplete() && System.nanoTime() < giveUp) {
        LockSupport.parkNanos(1_000_000L);
      }
    }
    long[] took = new long[messages];
    for (int i = 0; i < messages; i++) {
      long at = times.arrived.get(RUN_UP + i);
      took[i] = at == 0 ? Long.MAX_VALUE : at - due[RUN_UP + i];
    }
    Arrays.sort(took);
    return took;
  }

  private static double middle(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
