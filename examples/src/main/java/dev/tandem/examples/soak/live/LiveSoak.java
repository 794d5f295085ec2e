package dev.tandem.examples.soak.live;

import dev.tandem.api.Position;
import dev.tandem.api.error.MessagingException;
import dev.tandem.examples.console.ExitStatus;
import dev.tandem.examples.console.Narrator;
import dev.tandem.examples.console.Waiting;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** One run: publish and break things, come to rest, judge. */
final class LiveSoak {
  private static final Duration LONGEST_START = Duration.ofSeconds(30);

  /** For how long nothing may change before it is given up that all reach the heads. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Duration time;
  private final int rate;
  private final long seed;
  private final Narrator narrator;
  private final Checker checker = new Checker(LiveScenery.CHANNELS);

  LiveSoak(Duration time, int rate, long seed, Narrator narrator) {
    this.time = time;
    this.rate = rate;
    this.seed = seed;
    this.narrator = narrator;
  }

  /** Runs, and returns the exit status. */
  int run() {
    try (RedisServer server = start()) {
      return run(server);
    } catch (UnusableException | IOException e) {
      narrator.complain("tandem: " + e.getMessage());
      return ExitStatus.UNUSABLE;
    } catch (MessagingException | IllegalStateException e) {
      narrator.complain("tandem: " + e.getMessage());
      return ExitStatus.FAILED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      narrator.complain("tandem: interrupted");
      return ExitStatus.FAILED;
    }
  }

  private static RedisServer start() {
    try {
      return RedisServer.builder().appendOnly(true).start();
    } catch (IllegalStateException | UncheckedIOException e) {
      throw new UnusableException(
          "cannot start a Redis: " + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
          e);
    }
  }

  private int run(RedisServer server) throws IOException, InterruptedException {
    List<FaultProxy> toSubscribers = new ArrayList<>();
    try (FaultProxy toPublishers = FaultProxy.to(server);
        RedisConnection direct = LiveScenery.connection(server.url());
        Audience audience = new Audience(checker, narrator)) {
      for (int i = 0; i < LiveScenery.SUBSCRIBERS; i++) {
        toSubscribers.add(FaultProxy.to(server));
      }
      narrator.say(
          "Redis %s, %d messages a second on %d channels for %d s, %d subscribers, seed %d.",
          server.version(),
          rate,
          LiveScenery.CHANNELS.size(),
          time.toSeconds(),
          LiveScenery.SUBSCRIBERS,
          seed);
      Heads heads = new Heads(server, KeyLayout.of(direct));
      return soak(server, toSubscribers, toPublishers, audience, heads);
    } finally {
      toSubscribers.forEach(FaultProxy::close);
    }
  }

  private int soak(
      RedisServer server,
      List<FaultProxy> toSubscribers,
      FaultProxy toPublishers,
      Audience audience,
      Heads heads)
      throws IOException, InterruptedException {
    audience.start(toSubscribers.stream().map(FaultProxy::url).toList());
    if (!Waiting.until(audience::isReady, LONGEST_START)) {
      narrator.complain("tandem: the subscribers did not start");
      return ExitStatus.FAILED;
    }
    Random random = new Random(seed);
    LiveMischief mischief =
        new LiveMischief(
            server, heads, toSubscribers, toPublishers, audience, checker, random, narrator);
    List<NumberPublisher> publishers = new ArrayList<>();
    for (int i = 0; i < LiveScenery.PUBLISHERS; i++) {
      int perSecond = rate / LiveScenery.PUBLISHERS;
      publishers.add(
          new NumberPublisher(toPublishers.url(), i, perSecond, checker, random.nextLong()));
    }
    try {
      mischief.run(time);
    } finally {
      toPublishers.heal();
      toSubscribers.forEach(FaultProxy::heal);
      publishers.forEach(NumberPublisher::close);
    }
    NumberPublisher.closingWords(server.url(), checker);
    narrator.say("Nothing is broken any more, and nothing more is published.");
    return judge(audience, mischief, heads.all());
  }

  private int judge(
      Audience audience, LiveMischief mischief, List<? extends @Nullable Position> heads)
      throws InterruptedException {
    boolean all = Waiting.whileProgressing(() -> allReach(heads), checker::progress, PATIENCE);
    if (!all) {
      narrator.complain("tandem: some subscribers do not reach the end of their channels");
    }
    audience.awaitStats();
    audience.close();
    Verdict verdict = checker.judge(heads);
    verdict.complaints().forEach(what -> narrator.complain("tandem: " + what));
    narrator.say(
        "%s",
        verdict.line(
            audience.repaired(),
            audience.recovered(),
            mischief.cuts(),
            mischief.restarts() + audience.deaths()));
    return all && verdict.isRight() ? ExitStatus.OK : ExitStatus.FAILED;
  }

  private boolean allReach(List<? extends @Nullable Position> heads) {
    for (int channel = 0; channel < heads.size(); channel++) {
      for (int subscriber = 0; subscriber < LiveScenery.SUBSCRIBERS; subscriber++) {
        Position head = heads.get(channel);
        if (head == null || !head.equals(checker.position(channel, subscriber))) {
          return false;
        }
      }
    }
    return true;
  }

  /** There is nothing to run this on. */
  private static final class UnusableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnusableException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
