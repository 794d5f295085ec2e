package dev.tandem.examples;

import dev.tandem.examples.quickstart.QuickstartCommand;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What the launcher {@code ./tandem} starts. Without arguments it shows what there is. */
@Command(
    name = "tandem",
    description = "Durable work and live channels over the Redis you already run.",
    subcommands = QuickstartCommand.class)
public final class Tandem implements Runnable {
  private static final int BAD_USAGE = 2;

  @Spec private CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and end.")
  private boolean help;

  private Tandem() {}

  /** Runs a command and ends the JVM with its status. */
  public static void main(String[] arguments) {
    int status = commandLine().execute(arguments);
    System.exit(status);
  }

  static CommandLine commandLine() {
    return new CommandLine(new Tandem()).setParameterExceptionHandler(Tandem::refuse);
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  private static int refuse(ParameterException error, String[] arguments) {
    CommandLine command = error.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("tandem: " + error.getMessage());
    command.usage(err, Ansi.AUTO);
    err.flush();
    return BAD_USAGE;
  }
}
