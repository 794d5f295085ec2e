package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Route;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.benchmarks.harness.Times;
import dev.tandem.tenant.GroupKeys;

/** Appends all messages while they are consumed; it ends when the last is handled. */
record Handling(
    String name,
    Library library,
    Bench bench,
    int messages,
    Appender.Opener appending,
    Consumption.Opener consuming)
    implements Contender {
  @Override
  public Round round() {
    GroupKeys group = Consuming.newGroup(bench, library, "0");
    try (Consumption consumption = consuming.open(bench, group, payload -> {});
        Appender appender = appending.open(bench)) {
      consumption.start();
      Stopwatch watch = Stopwatch.start();
      appender.appendAll(messages);
      Consuming.await(consumption, messages);
      Stopwatch.Taken taken = watch.stop();
      return taken.round(messages, Math.min(messages, consumption.acknowledged()));
    } finally {
      bench.removeGroup(group);
    }
  }

  @Override
  public Route route(Times times) {
    GroupKeys group = Consuming.newGroup(bench, library, "0");
    Consumption consumption =
        consuming.open(bench, group, payload -> times.arrived(Bench.number(payload)));
    Appender appender = appending.open(bench);
    consumption.start();
    return new Route() {
      @Override
      public void send(int number) {
        appender.append(bench.numbered(number), () -> {});
      }

      @Override
      public void close() {
        appender.close();
        consumption.close();
        bench.removeGroup(group);
        bench.removeStream();
      }
    };
  }
}
