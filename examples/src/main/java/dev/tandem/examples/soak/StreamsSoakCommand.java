package dev.tandem.examples.soak;

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

/** {@code tandem soak streams}. */
@Command(
    name = "streams",
    sortOptions = false,
    header = "Kills workers and the server at random while messages flow, then counts them.",
    description = {
      "",
      "Two producers publish numbered messages to a Redis of this run's own (append-only file, "
          + "fsync at each write); three worker processes handle them. Meanwhile workers are "
          + "killed and frozen, the server is killed and frozen, connections are reset, replies "
          + "are dropped after the server has executed, and scripts are forgotten. Some handlers "
          + "fail, some always, some outlast their lease, and some kill their own process.",
      "",
      "Then everything comes to rest and each number must be accounted for: handled and "
          + "acknowledged, or in the dead letters once.",
      ""
    },
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {
      "0:every message is accounted for",
      "1:one is not, or something took too long",
      "2:bad arguments, or no Redis could be started"
    })
public final class StreamsSoakCommand implements Callable<Integer> {
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
  public StreamsSoakCommand() {}

  @Override
  public Integer call() {
    check("--seconds", seconds, LEAST_SECONDS, MOST_SECONDS);
    check("--rate", rate, 10, MOST_RATE);
    long chance = seed == null ? new SecureRandom().nextInt(Integer.MAX_VALUE) : seed;
    return new StreamsSoak(
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
