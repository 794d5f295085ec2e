package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Comparison;
import dev.tandem.benchmarks.harness.Measurement;
import dev.tandem.benchmarks.harness.Report;
import dev.tandem.benchmarks.harness.Rounds;
import dev.tandem.benchmarks.harness.Server;
import dev.tandem.benchmarks.harness.Work;
import java.io.PrintWriter;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures durable streams; ends with status 1 if a message was lost. */
@Command(
    name = "streams",
    description =
        "Durable streams beside hand-written Jedis and other libraries, in alternating rounds.",
    mixinStandardHelpOptions = true)
public final class StreamsCommand implements Callable<Integer> {
  private static final int FEWEST = 20;
  private static final List<String> ALONE = List.of("idle-topics", "idle-tenants", "sweep");
  private static final List<String> WORKS =
      Stream.concat(StreamsCatalog.names().stream(), ALONE.stream()).toList();

  @Option(
      names = "--rounds",
      defaultValue = "7",
      description = "Rounds that count (${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--warm-ups",
      defaultValue = "3",
      description = "Rounds that do not (${DEFAULT-VALUE}).")
  private int warmUps;

  @Option(
      names = "--messages",
      defaultValue = "200000",
      description =
          "Messages in each round (${DEFAULT-VALUE}); of works that are slow by nature, fewer.")
  private int messages;

  @Option(
      names = "--redis",
      paramLabel = "URL",
      description = "The server; by default one is started for this run only.")
  private @Nullable URI redis;

  @Option(
      names = "--work",
      paramLabel = "NAME",
      split = ",",
      description =
          "Only these: produce, produce-idempotent, produce-blocking, produce-blocking-16, "
              + "produce-quotas, produce-100, produce-1k, produce-64k, consume, consume-ack-each, "
              + "consume-1ms, consume-tenants, handle, idle-topics, idle-tenants, sweep. "
              + "The last three only run when they are named.")
  private @Nullable List<String> chosen;

  @Spec private CommandSpec spec;

  /** Made by picocli. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  public StreamsCommand() {}

  @Override
  public Integer call() throws Exception {
    check();
    PrintWriter out = spec.commandLine().getOut();
    long lost = 0;
    try (Server server = Server.open(redis);
        Bench bench = new Bench(server.url())) {
      Report report = new Report(out);
      report.begin(server.describe() + "; " + rounds + " rounds of " + messages + " messages");
      for (Supplier<Work> work : works(bench)) {
        try (Work opened = work.get()) {
          Comparison comparison = new Rounds(warmUps, rounds).run(opened);
          report.add(comparison);
          lost += comparison.lost();
        }
      }
      for (Measurement measurement : measurements(bench)) {
        report.add(measurement.name(), measurement.measure());
      }
    }
    return lost == 0 ? 0 : 1;
  }

  private void check() {
    if (rounds < 1 || warmUps < 0 || messages < FEWEST) {
      throw new ParameterException(
          spec.commandLine(), "--rounds must be at least 1, --warm-ups 0, --messages " + FEWEST);
    }
    if (chosen != null && !WORKS.containsAll(chosen)) {
      throw new ParameterException(spec.commandLine(), "--work must be among " + WORKS);
    }
  }

  /** The comparisons that were asked for; all of them if nothing was. */
  private List<Supplier<Work>> works(Bench bench) {
    Map<String, Supplier<Work>> works = new LinkedHashMap<>();
    StreamsCatalog.of(bench)
        .forEach((name, work) -> works.put(name, () -> work.apply(scaled(name))));
    if (chosen != null) {
      works.keySet().retainAll(chosen);
    }
    return List.copyOf(works.values());
  }

  private int scaled(String work) {
    return Math.max(1, messages / StreamsCatalog.share(work));
  }

  /** What is measured by itself, and only where it was asked for. */
  private List<Measurement> measurements(Bench bench) {
    return Stream.<Measurement>of(IdleTopics.of(bench), IdleTenants.of(bench), Sweep.of(bench))
        .filter(measurement -> chosen != null && chosen.contains(measurement.name()))
        .toList();
  }
}
