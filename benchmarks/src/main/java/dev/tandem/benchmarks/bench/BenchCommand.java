package dev.tandem.benchmarks.bench;

import dev.tandem.benchmarks.command.RedisOption;
import dev.tandem.benchmarks.curves.Curve;
import dev.tandem.benchmarks.curves.Curves;
import dev.tandem.benchmarks.harness.Server;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures every contender at every work. */
@Command(
    name = "bench",
    description =
        "Tandem beside hand-written Jedis, Lettuce, Redisson and Spring Data Redis, in alternating "
            + "rounds against a real Redis: a table here, and results and charts as files.",
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {
      "0:Tandem lost nothing",
      "1:Tandem lost a message",
      "2:bad usage, or no Redis at the URL",
      "3:a measurement failed"
    })
public final class BenchCommand implements Callable<Integer> {
  private static final int LOST = 1;

  @SuppressWarnings("UnusedVariable") // picocli answers it before any code of ours runs
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and end.")
  private boolean help;

  @Option(names = "--quick", description = "Only what says most, in under four minutes.")
  private boolean quick;

  @Option(
      names = "--rounds",
      paramLabel = "NUMBER",
      description = "Rounds that count, however long they take; 7, in a quick run 5, by default.")
  private @Nullable Integer rounds;

  @Option(
      names = "--work",
      paramLabel = "NAMES",
      split = ",",
      description = "Only these, with commas between them: ${COMPLETION-CANDIDATES}.",
      completionCandidates = Names.class)
  private @Nullable List<String> chosen;

  @Mixin private RedisOption redis;

  @Option(
      names = "--results",
      paramLabel = "FILE",
      description =
          "Where the results go, charts beside them; benchmarks/results/latest.json of the project "
              + "by default.")
  private @Nullable Path results;

  @Spec private CommandSpec spec;

  /** Made by picocli. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  public BenchCommand() {}

  @Override
  public Integer call() throws Exception {
    Plan plan = plan();
    ResultsFile file = file();
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    try (Server server = redis.open();
        Catalogue catalogue = Catalogue.over(server.url())) {
      Plan possible = plan.among(catalogue.names());
      List<Curve> curves = plan.withCurves() ? Curves.over(server.url(), quick) : List.of();
      ResultTable table = new ResultTable(out);
      table.begin(server.describe());
      Session session =
          new Session(possible, catalogue, server.work(), table, file, new Charts(file));
      try (Progress progress =
          Progress.of(
              Session.tasks(possible, curves), err, Boolean.getBoolean("tandem.terminal"))) {
        session.run(curves, progress);
      }
      out.println("results and charts: " + file.beside(""));
      out.flush();
      return session.lostByTandem() == 0 ? 0 : LOST;
    }
  }

  private Plan plan() {
    if (rounds != null && rounds < 1) {
      throw bad("--rounds must be at least 1, not " + rounds);
    }
    if (chosen != null && !Plan.names().containsAll(chosen)) {
      throw bad("--work must be among " + Plan.names() + ", not " + chosen);
    }
    Plan plan = chosen != null ? Plan.of(chosen, quick) : quick ? Plan.quick() : Plan.full();
    return rounds == null ? plan : plan.at(plan.pace().withRounds(rounds));
  }

  private ResultsFile file() {
    Path place =
        results == null
            ? Path.of(System.getProperty("tandem.home", ""), "benchmarks/results/latest.json")
            : results;
    try {
      return ResultsFile.at(place);
    } catch (IOException e) {
      throw bad("results cannot be written to " + place + ": " + reason(e));
    }
  }

  private static @Nullable String reason(IOException e) {
    if (e instanceof FileSystemException refused && refused.getReason() != null) {
      return refused.getReason();
    }
    return e instanceof AccessDeniedException ? "permission denied" : e.getMessage();
  }

  private ParameterException bad(String reason) {
    return new ParameterException(spec.commandLine(), reason);
  }

  /** What {@code --work} takes, for its help. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Plan.names().iterator();
    }
  }
}
