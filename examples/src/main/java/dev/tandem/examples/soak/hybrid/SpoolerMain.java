package dev.tandem.examples.soak.hybrid;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.examples.soak.hybrid.ProcessReport.Kind;
import dev.tandem.hybrid.HybridPublisher;
import dev.tandem.hybrid.OutagePolicy;
import dev.tandem.hybrid.Spool;
import dev.tandem.redis.RedisConnection;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A publisher process with a spool. It reads where Redis and the spool are, the first number and
 * how many a second from standard input; after the order {@value #DRAIN} it publishes nothing more
 * and says when the spool is empty. When standard input ends, so does it.
 */
final class SpoolerMain {
  /** The order to come to an end. */
  static final String DRAIN = "drain";

  private static final Duration LONGEST_FLUSH = Duration.ofMinutes(1);
  private static final long POLL_MILLIS = 20;

  private SpoolerMain() {}

  /** Runs until standard input ends. */
  public static void main(String[] arguments) {
    PrintStream reports = ProcessReport.out();
    try {
      run(new BufferedReader(new InputStreamReader(System.in, UTF_8)), reports);
    } catch (IOException | RuntimeException e) {
      ProcessReport.broken(e).tell(reports);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(0);
  }

  private static void run(BufferedReader orders, PrintStream reports)
      throws IOException, InterruptedException {
    String url = orders.readLine();
    String directory = orders.readLine();
    String first = orders.readLine();
    String perSecond = orders.readLine();
    if (perSecond == null) {
      return;
    }
    try (RedisConnection redis = HybridScenery.connection(url);
        HybridPublisher hybrid =
            HybridPublisher.builder(redis)
                .outage(OutagePolicy.spool(Spool.at(Path.of(directory))))
                .build()) {
      NumberPublisher publisher =
          new NumberPublisher(
              hybrid,
              HybridScenery.SPOOLING,
              Integer.parseInt(perSecond),
              new ReportedNumbers(Long.parseLong(first), reports));
      ProcessReport.of(Kind.READY, 0).tell(reports);
      if (DRAIN.equals(orders.readLine())) {
        publisher.stop();
        hybrid.flush(LONGEST_FLUSH);
        while (hybrid.stats().spool().messages() > 0) {
          TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        ProcessReport.of(Kind.DRAINED, 0).tell(reports);
        orders.readLine();
      }
      // No farewell: whoever closed standard input wants this process gone.
      Runtime.getRuntime().halt(0);
    }
  }

  /** Numbers of which every outcome is reported. */
  private static final class ReportedNumbers implements NumberPublisher.Book {
    private final PrintStream reports;
    private long next;

    ReportedNumbers(long first, PrintStream reports) {
      this.next = first;
      this.reports = reports;
    }

    @Override
    public long issue() {
      long number = next++;
      ProcessReport.of(Kind.TRIES, number).tell(reports);
      return number;
    }

    @Override
    public void told(long number, int state) {
      Kind kind =
          switch (state) {
            case Numbers.CONFIRMED -> Kind.CONFIRMED;
            case Numbers.SPOOLED -> Kind.SPOOLED;
            default -> Kind.REFUSED;
          };
      ProcessReport.of(kind, number).tell(reports);
    }
  }
}
