package dev.tandem.benchmarks.hybrid;

import dev.tandem.benchmarks.command.Opened;
import dev.tandem.benchmarks.command.SubjectCommand;
import dev.tandem.benchmarks.command.SubjectNames;
import java.net.URI;
import java.util.List;
import picocli.CommandLine.Command;

/** Measures hybrid publishing; ends with status 1 if a half of a message was lost. */
@Command(
    name = "hybrid",
    description = "Hybrid publishing beside hand-written Jedis, in alternating rounds.")
public final class HybridCommand extends SubjectCommand {
  private static final int WARM_UPS = 5;

  /** Made by picocli. */
  public HybridCommand() {
    super(WARM_UPS, new SubjectNames(HybridCatalog.names(), List.of(), List.of()));
  }

  @Override
  protected Opened open(URI url) {
    return new Opened(HybridWorks.over(url), List.of());
  }
}
