package dev.tandem.benchmarks.command;

import dev.tandem.benchmarks.harness.Comparison;
import dev.tandem.benchmarks.harness.Measurement;
import dev.tandem.benchmarks.harness.Report;
import dev.tandem.benchmarks.harness.Rounds;
import dev.tandem.benchmarks.harness.Server;
import dev.tandem.benchmarks.harness.Work;
import java.io.PrintWriter;
import java.net.URI;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures the works of one subject; ends with status 1 if a message was lost. */
@Command(mixinStandardHelpOptions = true)
public abstract class SubjectCommand implements Callable<Integer> {
  private static final int FEWEST = 20;

  @Option(
      names = "--rounds",
      defaultValue = "7",
      description = "Rounds that count (${DEFAULT-VALUE}).")
  private int rounds;

  @Option(names = "--warm-ups", description = "Rounds that do not (${DEFAULT-VALUE}).")
  private int warmUps;

  @Option(
      names = "--messages",
      defaultValue = "200000",
      description =
          "Messages in each round (${DEFAULT-VALUE}); of works that are slow by nature, fewer.")
  private int messages;

  @Mixin private RedisOption redis;

  @Option(
      names = "--work",
      paramLabel = "NAMES",
      split = ",",
      description = "Only these, with commas between them.")
  private @Nullable List<String> chosen;

  private final SubjectNames names;
  private CommandSpec spec;

  /**
   * One of this subject.
   *
   * @param warmUps rounds that do not count, unless told otherwise
   */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  protected SubjectCommand(int warmUps, SubjectNames names) {
    this.warmUps = warmUps;
    this.names = names;
  }

  /** Opens the subject. */
  protected abstract Opened open(URI url);

  /** By which the messages of a run are divided for this work. */
  protected int share(String work) {
    return 1;
  }

  /** Called by picocli: the help lists what there is. */
  @Spec
  final void describe(CommandSpec of) {
    spec = of;
    spec.usageMessage().footer(footer());
  }

  private String[] footer() {
    String always = "%nWorks: " + String.join(", ", names.usual()) + ".";
    List<String> rest = names.all().stream().filter(name -> !names.usual().contains(name)).toList();
    return rest.isEmpty()
        ? new String[] {always}
        : new String[] {always, "Only when they are named: " + String.join(", ", rest) + "."};
  }

  @Override
  public final Integer call() throws Exception {
    check();
    PrintWriter out = spec.commandLine().getOut();
    long lost = 0;
    try (Server server = redis.open();
        Opened subject = open(server.url())) {
      Report report = new Report(out);
      report.begin(server.describe() + "; " + rounds + " rounds of " + messages + " messages");
      for (String name : subject.works().names()) {
        if (isWanted(name)) {
          Comparison comparison = compare(subject, name);
          report.add(comparison);
          lost += comparison.lost();
        }
      }
      for (Measurement measurement : subject.alone()) {
        if (isNamed(measurement.name())) {
          report.add(measurement.name(), measurement.measure());
        }
      }
    }
    return lost == 0 ? 0 : 1;
  }

  private Comparison compare(Opened subject, String name) throws Exception {
    int scaled = Math.max(1, messages / share(name));
    try (Work work = subject.works().open(name, scaled)) {
      return new Rounds(warmUps, rounds).run(work);
    }
  }

  private boolean isWanted(String work) {
    return chosen == null ? names.usual().contains(work) : isNamed(work);
  }

  private boolean isNamed(String name) {
    return chosen != null && chosen.contains(name);
  }

  private void check() {
    if (rounds < 1 || warmUps < 0 || messages < FEWEST) {
      throw bad("--rounds must be at least 1, --warm-ups 0, --messages " + FEWEST);
    }
    if (chosen != null && !names.all().containsAll(chosen)) {
      throw bad("--work must be among " + names.all());
    }
  }

  private ParameterException bad(String reason) {
    return new ParameterException(spec.commandLine(), reason);
  }
}
