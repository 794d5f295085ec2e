package dev.tandem.examples.soak;

import dev.tandem.examples.soak.hybrid.HybridSoakCommand;
import dev.tandem.examples.soak.live.LiveSoakCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tandem soak}: says what can be soaked. */
@Command(
    name = "soak",
    description = "Breaks things at random for a while and accounts for every message.",
    subcommands = {StreamsSoakCommand.class, LiveSoakCommand.class, HybridSoakCommand.class})
public final class SoakCommand implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("UnusedVariable") // picocli answers it before any code of ours runs
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and end.")
  private boolean help;

  /** Made by picocli, which sets the rest. */
  @SuppressWarnings("NullAway.Init")
  public SoakCommand() {}

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "soak needs to know what: streams, live or hybrid");
  }
}
