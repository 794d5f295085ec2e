package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Route;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.benchmarks.harness.Times;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Publishes messages to channels in turn, each with so many local listeners, and counts what
 * listeners are given. So much is on its way at most that the server does not end the connection of
 * a subscriber that is behind, as it does at 32 MB unless told otherwise.
 */
record Delivering(
    String name,
    Library library,
    LiveBench bench,
    int messages,
    int channels,
    int listeners,
    Live.Opener opener)
    implements Contender {
  private static final int MOST_ON_THE_WAY = 16 << 20;

  /** As one would by hand. */
  static Delivering byHand(LiveBench bench, int messages, int channels, int listeners) {
    return new Delivering(
        "Jedis pipeline", Library.JEDIS, bench, messages, channels, listeners, JedisLive::new);
  }

  /** Tandem, on channels that keep nothing. */
  static Delivering fleeting(LiveBench bench, int messages, int channels, int listeners) {
    return new Delivering(
        "Tandem fleeting",
        Library.TANDEM,
        bench,
        messages,
        channels,
        listeners,
        TandemLive::fleeting);
  }

  @Override
  public Round round() throws InterruptedException {
    long deliveries = (long) messages * listeners;
    Arrivals arrivals = new Arrivals(deliveries);
    try (Live live = opener.open(bench, channels)) {
      for (int channel = 0; channel < channels; channel++) {
        for (int listener = 0; listener < listeners; listener++) {
          live.subscribe(channel, payload -> arrivals.one());
        }
      }
      live.awaitSubscribed();
      int half = Math.max(1, MOST_ON_THE_WAY / 2 / bench.payload().length);
      Stopwatch watch = Stopwatch.start();
      for (int sent = 0; sent < messages; sent += half) {
        arrivals.awaitAtLeast((long) (sent - half) * listeners);
        live.publishAll(sent, Math.min(half, messages - sent));
      }
      long arrived = arrivals.await();
      Stopwatch.Taken taken = watch.stop();
      return taken.round(deliveries, Math.min(deliveries, arrived));
    }
  }

  /** A message has arrived when the last of its listeners has it. */
  @Override
  public Route route(Times times) throws InterruptedException {
    Live live = opener.open(bench, channels);
    AtomicIntegerArray given = new AtomicIntegerArray(times.messages());
    for (int channel = 0; channel < channels; channel++) {
      for (int listener = 0; listener < listeners; listener++) {
        live.subscribe(
            channel,
            payload -> {
              int number = LiveBench.number(payload);
              if (given.incrementAndGet(number) == listeners) {
                times.arrived(number);
              }
            });
      }
    }
    live.awaitSubscribed();
    return new Route() {
      @Override
      public void send(int number) {
        live.publish(number % channels, bench.numbered(number));
      }

      @Override
      public void close() {
        live.close();
      }
    };
  }
}
