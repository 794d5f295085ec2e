package dev.tandem.examples.soak.live;

import dev.tandem.examples.console.Narrator;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tandem soak live}. */
@Command(
    name = "live",
    sortOptions = false,
    header = "Cuts connections and breaks the server while channels are live, then judges.",
    description = {
      "",
      "Two publishers publish numbered messages on three recoverable channels of a Redis of this "
          + "run's own (append-only file, fsync at each write); three subscriber processes report "
          + "what they get. Meanwhile connections are reset, black-holed, half-opened and killed "
          + "by the server, replies to publishers are lost, the server is killed, frozen and "
          + "flushed, a channel's buffer or head alone is evicted, and subscriber processes are "
          + "frozen and killed; their successors resume where their reports end.",
      "",
      "Then everything comes to rest, and each subscription must have been given every message "
          + "of each channel once and in order, or been told of a gap, with good reason.",
      "",
      "The last line counts messages published; messages that the subscribers were given, those of "
          + "them that were read from the buffer because they got lost on the way (repaired) or "
          + "after a cut or a slow spell (recovered); gaps they were told of; messages missed "
          + "without being told, got again, got late; cuts of connections; and restarts of the "
          + "server and of subscriber processes.",
      ""
    },
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {
      "0:the promise was kept",
      "1:it was not, or something took too long",
      "2:bad arguments, or no Redis could be started"
    })
public final class LiveSoakCommand implements Callable<Integer> {
  private static final int LEAST_SECONDS = 5;
  private static final int MOST_SECONDS = 86_400;
  private static final int MOST_RATE = 20_000;

  @Spec private CommandSpec spec;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "60",
      description = "How long to publish and to break things, 5 to 86400 (default: 60).")
  private int seconds;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Messages published a second, 10 to 20000 (default: 1000).")
  private int rate;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "What chance begins with (default: random, and printed).")
  private @Nullable Long seed;

  @SuppressWarnings("UnusedVariable") // picocli answers it before any code of ours runs
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and end.")
  private boolean help;

  /** Made by picocli, which sets the options. */
  @SuppressWarnings("NullAway.Init")
  public LiveSoakCommand() {}

  @Override
  public Integer call() {
    check("--seconds", seconds, LEAST_SECONDS, MOST_SECONDS);
    check("--rate", rate, 10, MOST_RATE);
    long chance = seed == null ? new SecureRandom().nextInt(Integer.MAX_VALUE) : seed;
    return new LiveSoak(
            Duration.ofSeconds(seconds), rate, chance, new Narrator(System.out, System.err))
        .run();
  }

  private void check(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new ParameterException(
          spec.commandLine(),
          "%s is %d, but must be %d to %d".formatted(option, value, least, most));
    }
  }
}
