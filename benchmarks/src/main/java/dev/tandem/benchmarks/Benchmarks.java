package dev.tandem.benchmarks;

import dev.tandem.benchmarks.bench.BenchCommand;
import dev.tandem.benchmarks.hybrid.HybridCommand;
import dev.tandem.benchmarks.live.LiveCommand;
import dev.tandem.benchmarks.streams.StreamsCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What {@code java -jar benchmarks.jar} starts. Without arguments it shows what there is. */
@Command(
    name = "benchmarks",
    description = "How fast Tandem is, measured beside hand-written Jedis.",
    subcommands = {
      BenchCommand.class,
      JmhCommand.class,
      StreamsCommand.class,
      LiveCommand.class,
      HybridCommand.class
    })
public final class Benchmarks {
  @SuppressWarnings("UnusedVariable") // picocli answers it before any code of ours runs
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and end.")
  private boolean help;

  private Benchmarks() {}

  /** Runs a command and ends the JVM with its status. */
  public static void main(String[] arguments) {
    CommandLine benchmarks = commandLine();
    System.exit(
        arguments.length == 0 ? benchmarks.execute("--help") : benchmarks.execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Benchmarks())
        .setCommandName(System.getProperty("tandem.command", "benchmarks"))
        .setParameterExceptionHandler(BadUsage::refuse)
        .setExecutionExceptionHandler(Failure::tell);
  }
}
