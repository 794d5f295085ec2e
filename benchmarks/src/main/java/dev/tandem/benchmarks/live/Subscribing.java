package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;

/**
 * Subscribes to channels, one listener each, until all subscriptions are in force. One that does
 * not deliver what is published afterwards is lost.
 */
record Subscribing(String name, Library library, LiveBench bench, int channels, Live.Opener opener)
    implements Contender {
  @Override
  public Round round() throws InterruptedException {
    Arrivals arrivals = new Arrivals(channels);
    try (Live live = opener.open(bench, channels)) {
      Stopwatch watch = Stopwatch.start();
      for (int channel = 0; channel < channels; channel++) {
        live.subscribe(channel, payload -> arrivals.one());
      }
      live.awaitSubscribed();
      Stopwatch.Taken taken = watch.stop();
      live.publishAll(0, channels);
      return taken.round(channels, Math.min(channels, arrivals.await()));
    }
  }
}
