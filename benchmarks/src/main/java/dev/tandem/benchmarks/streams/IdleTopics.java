package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Measurement;
import dev.tandem.benchmarks.harness.ServerWork;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.benchmarks.harness.ThreadWork;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.streams.StreamWorkerBuilder;
import dev.tandem.tenant.KeyLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What one worker of many topics costs while none of them gets a message, in percent of a core.
 *
 * @param settling how long the worker has first, to set up its groups
 * @param watched how long it is watched then
 */
record IdleTopics(Bench bench, int topics, Duration settling, Duration watched)
    implements Measurement {
  /** A thousand topics, watched for 20 seconds. */
  static IdleTopics of(Bench bench) {
    return new IdleTopics(bench, 1_000, Duration.ofSeconds(60), Duration.ofSeconds(20));
  }

  @Override
  public String name() {
    return "idle-topics";
  }

  @Override
  public List<Figure> measure() throws InterruptedException {
    List<StreamTopic<byte[]>> all = new ArrayList<>();
    for (int i = 0; i < topics; i++) {
      all.add(StreamTopic.of("idle-" + i, bench.topic().serde()));
    }
    try (StreamWorker worker = worker(all)) {
      worker.start();
      TimeUnit.MILLISECONDS.sleep(settling.toMillis());
      ServerWork server = new ServerWork(bench.admin());
      Duration before = server.cpu();
      ThreadWork threads = ThreadWork.start();
      Stopwatch watch = Stopwatch.start();
      TimeUnit.MILLISECONDS.sleep(watched.toMillis());
      Stopwatch.Taken taken = watch.stop();
      Duration own = threads.soFar();
      Duration worked = server.cpu().minus(before);
      return List.of(
          new Figure("topics", topics, ""),
          new Figure("the worker's threads", percent(own, taken.time()), "% of a core"),
          new Figure("this JVM in all", percent(taken.work(), taken.time()), "% of a core"),
          new Figure("the server", percent(worked, taken.time()), "% of a core"));
    } finally {
      for (StreamTopic<byte[]> topic : all) {
        bench
            .admin()
            .del(KeyLayout.of(bench.redis()).stream(bench.tenant(), topic.name()).stream().bytes());
      }
    }
  }

  private StreamWorker worker(List<StreamTopic<byte[]>> all) {
    StreamWorkerBuilder<byte[]> builder =
        StreamWorker.builder(bench.redis(), all.get(0))
            .tenant(bench.tenant())
            .group("idle")
            .handler((message, delivery) -> {});
    for (StreamTopic<byte[]> topic : all.subList(1, all.size())) {
      builder.topic(topic, (message, delivery) -> {});
    }
    return builder.build();
  }

  private static double percent(Duration part, Duration whole) {
    return 100.0 * part.toNanos() / whole.toNanos();
  }
}
