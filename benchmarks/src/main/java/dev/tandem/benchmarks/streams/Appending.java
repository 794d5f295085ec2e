package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Route;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.benchmarks.harness.Times;

/** Appends all messages from one thread, as fast as a library can. */
record Appending(String name, Library library, Bench bench, int messages, Appender.Opener opener)
    implements Contender {
  @Override
  public Round round() {
    try (Appender appender = opener.open(bench)) {
      Stopwatch watch = Stopwatch.start();
      appender.appendAll(messages);
      Stopwatch.Taken taken = watch.stop();
      return taken.round(messages, bench.length());
    }
  }

  @Override
  public Route route(Times times) {
    Appender appender = opener.open(bench);
    return new Route() {
      @Override
      public void send(int number) {
        appender.append(bench.numbered(number), () -> times.arrived(number));
      }

      @Override
      public void close() {
        appender.close();
        bench.removeStream();
      }
    };
  }
}
