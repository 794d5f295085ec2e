package dev.tandem.benchmarks;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Says what is wrong with the arguments in one line, then how it is used. */
public final class BadUsage {
  private static final int STATUS = 2;
  private static final String COMMAND = System.getProperty("tandem.command", "tandem");

  private BadUsage() {}

  /** Handles the error as picocli asks for; the exit status. */
  public static int refuse(ParameterException error, String[] arguments) {
    CommandLine command = error.getCommandLine();
    PrintWriter err = command.getErr();
    err.println(COMMAND + ": " + error.getMessage());
    command.usage(err);
    err.flush();
    return STATUS;
  }
}
