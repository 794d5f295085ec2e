package dev.tandem.benchmarks.hybrid;

import dev.tandem.benchmarks.harness.Comparison;
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
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures hybrid publishing; ends with status 1 if a half of a message was lost. */
@Command(
    name = "hybrid",
    description = "Hybrid publishing beside hand-written Jedis, in alternating rounds.",
    mixinStandardHelpOptions = true)
public final class HybridCommand implements Callable<Integer> {
  private static final List<String> WORKS = HybridCatalog.names();

  @Option(
      names = "--rounds",
      defaultValue = "7",
      description = "Rounds that count (${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--warm-ups",
      defaultValue = "5",
      description = "Rounds that do not (${DEFAULT-VALUE}).")
  private int warmUps;

  @Option(
      names = "--messages",
      defaultValue = "200000",
      description = "Messages in each round (${DEFAULT-VALUE}).")
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
      description = "Only these: hybrid, hybrid-idempotent, hybrid-halves, hybrid-own-halves.")
  private @Nullable List<String> chosen;

  @Spec private CommandSpec spec;

  /** Made by picocli. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  public HybridCommand() {}

  @Override
  public Integer call() throws Exception {
    check();
    PrintWriter out = spec.commandLine().getOut();
    long lost = 0;
    try (Server server = Server.open(redis);
        HybridBench bench = new HybridBench(server.url())) {
      Report report = new Report(out);
      report.begin(server.describe() + "; " + rounds + " rounds of " + messages + " messages");
      for (Supplier<Work> work : works(bench)) {
        try (Work opened = work.get()) {
          Comparison comparison = new Rounds(warmUps, rounds).run(opened);
          report.add(comparison);
          lost += comparison.lost();
        }
      }
    }
    return lost == 0 ? 0 : 1;
  }

  private void check() {
    if (rounds < 1 || warmUps < 0 || messages < 1) {
      throw new ParameterException(
          spec.commandLine(), "--rounds must be at least 1, --warm-ups 0, --messages 1");
    }
    if (chosen != null && !WORKS.containsAll(chosen)) {
      throw new ParameterException(spec.commandLine(), "--work must be among " + WORKS);
    }
  }

  /** The comparisons that were asked for; all of them if nothing was. */
  private List<Supplier<Work>> works(HybridBench bench) {
    Map<String, Supplier<Work>> works = new LinkedHashMap<>();
    HybridCatalog.of(bench).forEach((name, work) -> works.put(name, () -> work.apply(messages)));
    if (chosen != null) {
      works.keySet().retainAll(chosen);
    }
    return List.copyOf(works.values());
  }
}
