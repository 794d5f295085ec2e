package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.command.Opened;
import dev.tandem.benchmarks.command.SubjectCommand;
import dev.tandem.benchmarks.command.SubjectNames;
import java.net.URI;
import java.util.List;
import picocli.CommandLine.Command;

/** Measures live channels; ends with status 1 if a message was lost. */
@Command(
    name = "live",
    description =
        "Live channels beside hand-written Jedis and other libraries, in alternating rounds.")
public final class LiveCommand extends SubjectCommand {
  private static final int WARM_UPS = 8;
  private static final List<String> ALONE =
      List.of("latency", "fan-out-recoverable", "channels", "resume-storm");

  /** Made by picocli. */
  public LiveCommand() {
    super(WARM_UPS, new SubjectNames(LiveCatalog.usual(), LiveCatalog.longer(), ALONE));
  }

  @Override
  protected Opened open(URI url) {
    LiveBench bench = new LiveBench(url);
    return new Opened(
        LiveWorks.over(bench),
        List.of(
            Latency.of(bench), FanOut.of(bench), ManyChannels.of(bench), ResumeCalls.of(bench)));
  }

  @Override
  protected int share(String work) {
    return LiveCatalog.share(work);
  }
}
