package dev.tandem.examples.quickstart;

import dev.tandem.examples.console.Narrator;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tandem quickstart}. */
@Command(
    name = "quickstart",
    sortOptions = false,
    header = "Plays events through durable streams and live channels on a real Redis.",
    description = {
      "",
      "Every event is published once, to the stream and to the channel of its tenant together. "
          + "Two workers handle the streams, and one of them is killed; a subscriber for each "
          + "tenant listens to its channel, and is cut off for a while. The last line of the "
          + "output counts what became of every event.",
      ""
    },
    footer = {
      "",
      "The input has one JSON object a line, of up to 1 MiB; blank lines are skipped. A line that "
          + "is no JSON object, lacks the tenant field or names a bad tenant is reported on "
          + "standard error, and the rest goes on.",
      ""
    },
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {
      "0:all is well",
      "1:the counts do not add up, or something took too long",
      "2:bad arguments, an input that cannot be read, or a Redis that cannot be used",
      "3:some lines of the input were rejected"
    })
public final class QuickstartCommand implements Callable<Integer> {
  @Option(
      names = "--input",
      paramLabel = "FILE",
      description =
          "Newline-delimited JSON to play instead of 1,707 earthquakes; - is standard input. At "
              + "most 1,000,000 lines, 256 MiB and 10,000 tenants.")
  private @Nullable String input;

  @Option(
      names = "--tenant",
      paramLabel = "FIELD",
      defaultValue = "net",
      description = "The field that names an event's tenant (default: ${DEFAULT-VALUE}).")
  private String tenantField = "net";

  @Option(
      names = "--type",
      paramLabel = "FIELD",
      defaultValue = "type",
      description =
          "The field that names an event's type (default: ${DEFAULT-VALUE}). Events without a "
              + "usable one are of the type 'event'.")
  private String typeField = "type";

  @Option(
      names = "--redis",
      paramLabel = "URL",
      description =
          "The Redis to use, redis://[user:password@]host[:port][/database] or rediss://... for "
              + "TLS. Whatever is put there is removed at the end. Default: one is started, and "
              + "ends with the quickstart.")
  private @Nullable String redisUrl;

  @SuppressWarnings("UnusedVariable") // picocli answers it before any code of ours runs
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and end.")
  private boolean help;

  /** Made by picocli, which sets the options. */
  public QuickstartCommand() {}

  @Override
  public Integer call() {
    QuickstartOptions options = new QuickstartOptions(input, tenantField, typeField, redisUrl);
    boolean terminal = Boolean.getBoolean("tandem.terminal");
    Narrator narrator = new Narrator(System.out, System.err);
    return new Quickstart(options, narrator, terminal, System.in).run();
  }
}
