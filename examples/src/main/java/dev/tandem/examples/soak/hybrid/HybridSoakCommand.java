package dev.tandem.examples.soak.hybrid;

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

/** {@code tandem soak hybrid}. */
@Command(
    name = "hybrid",
    sortOptions = false,
    header = "Breaks things while streams and channels work in tandem, then compares the halves.",
    description = {
      "",
      "For three tenants whose names begin alike, three publishers publish numbered payments to a "
          + "stream and a channel at once, on a Redis of this run's own (append-only file, fsync "
          + "at each write): one waits while Redis is away, one fails at once, and one, a process "
          + "of its own, has a spool. Two worker processes make a receipt of each payment in "
          + "transactions that publish, too; hybrid subscribers watch everything, and half of them "
          + "leave and come back. Meanwhile these processes and the server are killed, connections "
          + "are reset and black-holed, replies are lost, the server is frozen and forgets its "
          + "scripts, and the spooling publisher finds no server.",
      "",
      "Then everything comes to rest, and each stream must hold what its channel gave out, message "
          + "by message; each number what its publisher was told; and each subscriber must have "
          + "been given all of it, once and in order.",
      "",
      "The last line counts messages published, receipts included; entries of streams and versions "
          + "of channels; messages of which one half is missing or differs; messages that are "
          + "there, or were given to a subscriber, again; messages that went to the spool, and "
          + "those of them that are in their stream; messages that are missing; and messages or "
          + "keys that are not where their tenant's are. Messages of which nobody could know what "
          + "became of them count only if they are there.",
      ""
    },
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {
      "0:the promise was kept",
      "1:it was not, or something took too long",
      "2:bad arguments, or no Redis could be started"
    })
public final class HybridSoakCommand implements Callable<Integer> {
  private static final int LEAST_SECONDS = 5;
  private static final int MOST_SECONDS = 86_400;
  private static final int LEAST_RATE = 30;
  private static final int MOST_RATE = 6_000;

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
      defaultValue = "600",
      description = "Payments published a second, 30 to 6000 (default: 600).")
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
  public HybridSoakCommand() {}

  @Override
  public Integer call() {
    check("--seconds", seconds, LEAST_SECONDS, MOST_SECONDS);
    check("--rate", rate, LEAST_RATE, MOST_RATE);
    long chance = seed == null ? new SecureRandom().nextInt(Integer.MAX_VALUE) : seed;
    return new HybridSoak(
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
