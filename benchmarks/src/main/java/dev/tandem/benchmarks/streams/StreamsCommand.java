package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.command.Opened;
import dev.tandem.benchmarks.command.SubjectCommand;
import dev.tandem.benchmarks.command.SubjectNames;
import java.net.URI;
import java.util.List;
import picocli.CommandLine.Command;

/** Measures durable streams; ends with status 1 if a message was lost. */
@Command(
    name = "streams",
    description =
        "Durable streams beside hand-written Jedis and other libraries, in alternating rounds.")
public final class StreamsCommand extends SubjectCommand {
  private static final int WARM_UPS = 3;
  private static final List<String> ALONE = List.of("idle-topics", "idle-tenants", "sweep");

  /** Made by picocli. */
  public StreamsCommand() {
    super(WARM_UPS, new SubjectNames(StreamsCatalog.names(), List.of(), ALONE));
  }

  @Override
  protected Opened open(URI url) {
    Bench bench = new Bench(url);
    return new Opened(
        StreamsWorks.over(bench),
        List.of(IdleTopics.of(bench), IdleTenants.of(bench), Sweep.of(bench)));
  }

  @Override
  protected int share(String work) {
    return StreamsCatalog.share(work);
  }
}
