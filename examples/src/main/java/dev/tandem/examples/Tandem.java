package dev.tandem.examples;

import dev.tandem.examples.quickstart.QuickstartCommand;
import dev.tandem.examples.soak.SoakCommand;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What the launcher {@code ./tandem} starts. Without arguments it shows what there is. */
@Command(
    name = "tandem",
    description = "Durable work and live channels over the Redis you already run.",
    subcommands = {QuickstartCommand.class, SoakCommand.class, BenchCommand.class})
public final class Tandem {
  private static final int BAD_USAGE = 2;

  @SuppressWarnings("UnusedVariable") // picocli answers it before any code of ours runs
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and end.")
  private boolean help;

  private Tandem() {}

  /** Runs a command and ends the JVM with its status. */
  public static void main(String[] arguments) {
    System.exit(execute(commandLine(), arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Tandem()).setParameterExceptionHandler(Tandem::refuse);
  }

  static int execute(CommandLine tandem, String... arguments) {
    return arguments.length == 0 ? tandem.execute("--help") : tandem.execute(arguments);
  }

  private static int refuse(ParameterException error, String[] arguments) {
    CommandLine command = error.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("tandem: " + error.getMessage());
    command.usage(err);
    err.flush();
    return BAD_USAGE;
  }
}
