package dev.tandem.benchmarks.harness;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How long single messages take at a fixed rate: from the moment at which one was due, however busy
 * the way was then, to the moment at which it arrived. A stall therefore counts for every message
 * that was due while it lasted, and no correction is needed. Contenders take turns.
 *
 * @param rate messages a second
 * @param runUp how long messages go before they count, while connections are opened and code is
 *     compiled
 * @param counted how long they count
 * @param warmUps rounds that do not count at all
 * @param rounds rounds that do
 * @param patience how long a message that has not come may still come after the last other one
 */
public record OpenLoop(
    int rate, Duration runUp, Duration counted, int warmUps, int rounds, Duration patience) {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long BEGINS_IN = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long LOOK = TimeUnit.MILLISECONDS.toNanos(1);

  /** Runs all rounds of those that have a route; each leaves nothing behind. */
  public List<LatencySeries> run(List<? extends Routed> contenders) throws Exception {
    return run(contenders, () -> {}, done -> {});
  }

  /**
   * Runs all rounds of those contenders that have a route; tells after each round which part of
   * them is done, from 0 to 1.
   */
  public List<LatencySeries> run(Work work, Rounds.Steps steps) throws Exception {
    return run(work.contenders(), work::clean, steps);
  }

  private List<LatencySeries> run(
      List<? extends Routed> contenders, Runnable clean, Rounds.Steps steps) throws Exception {
    List<List<Latencies>> results = new ArrayList<>();
    contenders.forEach(contender -> results.add(new ArrayList<>()));
    int all = warmUps + rounds;
    for (int number = 0; number < all; number++) {
      for (int i = 0; i < contenders.size(); i++) {
        Routed contender = contenders.get(i);
        List<Latencies> taken =
            TimeLimit.OF_A_ROUND.call(contender.name(), () -> once(contender, clean));
        if (number >= warmUps) {
          results.get(i).addAll(taken);
        }
        steps.done((number + (i + 1.0) / contenders.size()) / all);
      }
    }
    List<LatencySeries> series = new ArrayList<>();
    for (int i = 0; i < contenders.size(); i++) {
      if (!results.get(i).isEmpty()) {
        Routed contender = contenders.get(i);
        series.add(new LatencySeries(contender.name(), contender.library(), results.get(i)));
      }
    }
    return series;
  }

  /** What one round took; nothing if there is no route. */
  private List<Latencies> once(Routed contender, Runnable clean) throws Exception {
    int first = messages(runUp);
    int all = first + messages(counted);
    Times times = new Times(all);
    System.gc();
    long start;
    try (Route route = contender.route(times)) {
      if (route == null) {
        return List.of();
      }
      start = System.nanoTime() + BEGINS_IN;
      for (int number = 0; number < all; number++) {
        sleepUntil(due(start, number));
        route.send(number);
      }
      awaitLast(times);
    } finally {
      clean.run();
    }
    Delays delays = new Delays();
    for (int number = first; number < all; number++) {
      long at = times.at(number);
      if (at == 0) {
        delays.never();
      } else {
        delays.took(at - due(start, number));
      }
    }
    return List.of(
        new Latencies(delays.percentileMicros(50), delays.percentileMicros(99), times.missing()));
  }

  private int messages(Duration during) {
    return Math.toIntExact(during.toNanos() * rate / SECOND);
  }

  private long due(long start, int number) {
    return start + number * SECOND / rate;
  }

  private static void sleepUntil(long due) {
    for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  /** Waits until none is missing, or none came for a while. */
  private void awaitLast(Times times) {
    int missing = times.missing();
    long since = System.nanoTime();
    while (missing > 0 && System.nanoTime() - since < patience.toNanos()) {
      LockSupport.parkNanos(LOOK);
      int now = times.missing();
      if (now < missing) {
        missing = now;
        since = System.nanoTime();
      }
    }
  }
}
