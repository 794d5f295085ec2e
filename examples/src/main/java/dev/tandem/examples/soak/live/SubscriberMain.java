package dev.tandem.examples.soak.live;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.redis.RedisConnection;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber process. It reads where Redis is and where to begin on each channel from standard
 * input, and reports on standard output; when standard input ends, so does it.
 */
final class SubscriberMain {
  /** Tells it to begin now. */
  static final String NOW = "now";

  private static final int SLOW_EVERY = 1_500;
  private static final long SLOW_MILLIS = 400;

  private final PrintStream reports;

  private SubscriberMain(PrintStream reports) {
    this.reports = reports;
  }

  /** Runs until standard input ends. */
  public static void main(String[] arguments) {
    // Everything else that prints must not come between the reports.
    PrintStream reports = new PrintStream(new FileOutputStream(FileDescriptor.out), false, UTF_8);
    System.setOut(System.err);
    SubscriberMain main = new SubscriberMain(reports);
    try {
      main.run(new BufferedReader(new InputStreamReader(System.in, UTF_8)));
    } catch (IOException | ExecutionException | RuntimeException e) {
      main.report(SubscriberReport.broken(String.valueOf(e.getMessage())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // No farewell: whoever closed standard input wants this process gone.
    Runtime.getRuntime().halt(0);
  }

  private void run(BufferedReader orders)
      throws IOException, InterruptedException, ExecutionException {
    String url = orders.readLine();
    if (url == null) {
      return;
    }
    try (RedisConnection redis = LiveScenery.connection(url);
        LiveBus bus = LiveScenery.bus(redis)) {
      List<Subscription> subscriptions = new ArrayList<>();
      List<Integer> begunNow = new ArrayList<>();
      for (int channel = 0; channel < LiveScenery.CHANNELS.size(); channel++) {
        String from = orders.readLine();
        if (from == null) {
          return;
        }
        if (from.equals(NOW)) {
          begunNow.add(channel);
        }
        subscriptions.add(subscribe(bus, channel, from));
      }
      for (Subscription subscription : subscriptions) {
        subscription.active().get();
      }
      for (int channel : begunNow) {
        report(SubscriberReport.started(channel, subscriptions.get(channel).position()));
      }
      report(SubscriberReport.ready());
      Thread counting = new Thread(() -> reportStats(subscriptions), "soak-stats");
      counting.setDaemon(true);
      counting.start();
      while (orders.readLine() != null) {
        // There are no further orders; the end of the input is what counts.
      }
      Runtime.getRuntime().halt(0);
    }
  }

  private Subscription subscribe(LiveBus bus, int channel, String from) {
    SubscribeOptions beginning =
        from.equals(NOW) ? SubscribeOptions.fromNow() : SubscribeOptions.from(Position.parse(from));
    return bus.subscribe(
        LiveScenery.TENANT,
        LiveScenery.CHANNELS.get(channel),
        LiveScenery.patient(beginning),
        new Reporter(channel));
  }

  private void reportStats(List<Subscription> subscriptions) {
    try {
      while (true) {
        TimeUnit.MILLISECONDS.sleep(LiveScenery.STATS_EVERY.toMillis());
        report(
            SubscriberReport.stats(
                subscriptions.stream().mapToLong(one -> one.stats().recovered()).sum(),
                subscriptions.stream().mapToLong(one -> one.stats().repaired()).sum()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One write for each line, so that a reader never sees two mixed. */
  private void report(SubscriberReport report) {
    byte[] line = (report.line() + "\n").getBytes(UTF_8);
    reports.write(line, 0, line.length);
    reports.flush();
  }

  /** Reports all that a subscription gets, and now and then does not keep up. */
  private final class Reporter implements LiveListener<String> {
    private final int channel;
    private int count;

    Reporter(int channel) {
      this.channel = channel;
    }

    @Override
    public void onMessage(LiveMessage<String> message) {
      report(SubscriberReport.message(channel, message.payload(), message.position()));
      if (++count % SLOW_EVERY == SLOW_EVERY / 2) {
        dawdle();
      }
    }

    @Override
    public void onGap(Gap gap) {
      report(SubscriberReport.gap(channel, gap));
    }

    @Override
    public void onDisconnected(@Nullable Position resumeFrom) {
      report(SubscriberReport.broken("sent away without having asked for it"));
    }

    private void dawdle() {
      try {
        TimeUnit.MILLISECONDS.sleep(SLOW_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
