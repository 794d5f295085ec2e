package dev.tandem.examples.soak;

import dev.tandem.api.error.MessagingException;
import dev.tandem.examples.console.ExitStatus;
import dev.tandem.examples.console.Narrator;
import dev.tandem.examples.console.Waiting;
import dev.tandem.redis.RedisConnection;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/** One run: publish and break things, come to rest, count. */
final class StreamsSoak {
  private static final Duration LONGEST_START = Duration.ofSeconds(30);

  private static final Duration LONGEST_REPORT = Duration.ofSeconds(5);

  /** For how long nothing may change before it is given up that everything comes to rest. */
  private static final Duration PATIENCE = Duration.ofSeconds(45);

  private final Duration time;
  private final int rate;
  private final long seed;
  private final Narrator narrator;
  private final Ledger ledger = new Ledger();

  StreamsSoak(Duration time, int rate, long seed, Narrator narrator) {
    this.time = time;
    this.rate = rate;
    this.seed = seed;
    this.narrator = narrator;
  }

  /** Runs, and returns the exit status. */
  int run() {
    try (RedisServer server = start();
        FaultProxy proxy = FaultProxy.to(server);
        RedisConnection direct = RedisConnection.builder().url(server.url()).lazy().build();
        Crew crew = new Crew(proxy.url(), ledger, narrator)) {
      narrator.say(
          "Redis %s, %d messages a second for %d s, %d workers, seed %d.",
          server.version(), rate, time.toSeconds(), Scenery.WORKERS, seed);
      return soak(server, proxy, crew, new GroupState(direct));
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

  private int soak(RedisServer server, FaultProxy proxy, Crew crew, GroupState group)
      throws IOException, InterruptedException {
    crew.start(Scenery.WORKERS);
    if (!Waiting.until(crew::isReady, LONGEST_START)) {
      narrator.complain("tandem: the workers did not start");
      return ExitStatus.FAILED;
    }
    Mischief mischief = new Mischief(server, proxy, crew, new Random(seed), narrator);
    List<Publisher> publishers =
        List.of(
            new Publisher(proxy.url(), false, rate / 2, ledger),
            new Publisher(proxy.url(), true, rate / 2, ledger));
    try {
      mischief.run(time);
    } finally {
      proxy.heal();
      publishers.forEach(Publisher::close);
    }
    narrator.say("Nothing is broken any more, and nothing more is published.");
    boolean rests = Waiting.whileProgressing(group::isAtRest, ledger::progress, PATIENCE);
    if (!rests) {
      narrator.complain("tandem: the group does not come to rest: " + group.describe());
    }
    group.deadLetters().forEach(ledger::deadLettered);
    // What is acknowledged was reported before, but the last reports may still be on their way.
    Waiting.until(() -> ledger.unaccounted() == 0, LONGEST_REPORT);
    crew.close();
    Account account = ledger.close();
    account.contradictions().forEach(what -> narrator.complain("tandem: " + what));
    narrator.say("%s", account.line(crew.deaths(), mischief.restarts()));
    return rests && account.isRight() ? ExitStatus.OK : ExitStatus.FAILED;
  }

  /** There is nothing to run this on. */
  private static final class UnusableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnusableException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
