package dev.tandem.benchmarks.harness;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Sends messages one by one. */
public final class RouteProbe {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private RouteProbe() {}

  /** Sends so many, if there is a way; how many do not arrive. */
  public static long missing(Routed contender, int messages) throws Exception {
    Times times = new Times(messages);
    try (Route route = contender.route(times)) {
      if (route == null) {
        return 0;
      }
      for (int number = 0; number < messages; number++) {
        route.send(number);
      }
      long giveUp = System.nanoTime() + PATIENCE_NANOS;
      while (missing(times, messages) > 0 && System.nanoTime() < giveUp) {
        LockSupport.parkNanos(LOOK_NANOS);
      }
      return missing(times, messages);
    }
  }

  private static long missing(Times times, int messages) {
    long missing = 0;
    for (int number = 0; number < messages; number++) {
      missing += times.at(number) == 0 ? 1 : 0;
    }
    return missing;
  }
}
