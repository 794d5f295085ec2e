package dev.tandem.examples.soak.hybrid;

import dev.tandem.api.error.MessagingException;
import dev.tandem.examples.console.ExitStatus;
import dev.tandem.examples.console.Narrator;
import dev.tandem.examples.console.Waiting;
import dev.tandem.examples.soak.hybrid.HybridMischief.Ways;
import dev.tandem.hybrid.HybridPublisher;
import dev.tandem.hybrid.OutagePolicy;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** One run: publish and break things, come to rest, judge. */
final class HybridSoak {
  private static final Duration LONGEST_START = Duration.ofSeconds(30);
  private static final Duration LONGEST_OUTAGE = Duration.ofSeconds(20);

  /** For how long nothing may change before it is given up that everything comes to rest. */
  private static final Duration PATIENCE = Duration.ofSeconds(45);

  private final Duration time;
  private final int rate;
  private final long seed;
  private final Narrator narrator;
  private final HybridChecker checker = new HybridChecker();
  private final CountDownLatch drained = new CountDownLatch(1);

  HybridSoak(Duration time, int rate, long seed, Narrator narrator) {
    this.time = time;
    this.rate = rate;
    this.seed = seed;
    this.narrator = narrator;
  }

  /** Runs, and returns the exit status. */
  int run() {
    try (RedisServer server = start();
        TemporaryDirectory spool = TemporaryDirectory.create("tandem-soak-spool")) {
      return run(server, spool.path());
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

  private int run(RedisServer server, Path spool) throws IOException, InterruptedException {
    try (FaultProxy ofPublishers = FaultProxy.to(server);
        FaultProxy ofSpooler = FaultProxy.to(server);
        FaultProxy ofWorkers = FaultProxy.to(server);
        FaultProxy ofSubscribers = FaultProxy.to(server);
        RedisConnection direct = HybridScenery.connection(server.url());
        Audience audience = new Audience(ofSubscribers.url(), checker);
        Successors spooler = spooler(ofSpooler.url(), spool);
        Successors firstWorker = worker("The first worker", ofWorkers.url());
        Successors secondWorker = worker("The second worker", ofWorkers.url())) {
      narrator.say(
          "Redis %s, %d messages a second of %d tenants for %d s, seed %d.",
          server.version(), rate, HybridScenery.TENANTS.size(), time.toSeconds(), seed);
      List<Successors> workers = List.of(firstWorker, secondWorker);
      Ways ways = new Ways(ofPublishers, ofSpooler, ofWorkers, ofSubscribers);
      HybridMischief mischief =
          new HybridMischief(server, ways, spooler, workers, audience, new Random(seed), narrator);
      if (!areReady(spooler, workers)) {
        narrator.complain("tandem: not all processes have started");
        return ExitStatus.FAILED;
      }
      publishDuring(mischief, ways);
      spooler.order(SpoolerMain.DRAIN);
      if (!drained.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        narrator.complain("tandem: the spool does not empty");
      }
      narrator.say("Nothing is broken any more, and nothing more is published.");
      return judge(new ServerView(server, KeyLayout.of(direct)));
    }
  }

  private boolean areReady(Successors spooler, List<Successors> workers)
      throws IOException, InterruptedException {
    for (Successors worker : workers) {
      worker.start();
    }
    spooler.start();
    return Waiting.until(
        () -> spooler.isReady() && workers.stream().allMatch(Successors::isReady), LONGEST_START);
  }

  private void publishDuring(HybridMischief mischief, Ways ways) throws InterruptedException {
    try (RedisConnection redis = HybridScenery.connection(ways.ofPublishers().url());
        HybridPublisher patient =
            HybridPublisher.builder(redis).outage(OutagePolicy.block(LONGEST_OUTAGE)).build();
        HybridPublisher hasty = HybridPublisher.builder(redis).build()) {
      List<NumberPublisher> publishers =
          List.of(publisher(patient, HybridScenery.PATIENT), publisher(hasty, HybridScenery.HASTY));
      try {
        mischief.run(time);
      } finally {
        ways.all().forEach(FaultProxy::heal);
        publishers.forEach(NumberPublisher::stop);
      }
    }
  }

  private NumberPublisher publisher(HybridPublisher hybrid, int which) {
    return new NumberPublisher(
        hybrid,
        which,
        rate / HybridScenery.PUBLISHERS,
        new NumberPublisher.Book() {
          @Override
          public long issue() {
            return checker.issue(which);
          }

          @Override
          public void told(long number, int state) {
            checker.told(which, number, state);
          }
        });
  }

  private Successors spooler(String url, Path directory) {
    return new Successors(
        "The spooling publisher",
        SpoolerMain.class,
        () ->
            List.of(
                url,
                directory.toString(),
                Long.toString(checker.tried(HybridScenery.SPOOLING)),
                Integer.toString(rate / HybridScenery.PUBLISHERS)),
        this::accept,
        narrator);
  }

  private Successors worker(String name, String url) {
    return new Successors(name, WorkerMain.class, () -> List.of(url), report -> {}, narrator);
  }

  private void accept(ProcessReport report) {
    long number = report.number();
    switch (report.kind()) {
      case TRIES -> checker.tries(HybridScenery.SPOOLING, number);
      case CONFIRMED -> checker.told(HybridScenery.SPOOLING, number, Numbers.CONFIRMED);
      case SPOOLED -> checker.told(HybridScenery.SPOOLING, number, Numbers.SPOOLED);
      case REFUSED -> checker.told(HybridScenery.SPOOLING, number, Numbers.REFUSED);
      case DRAINED -> drained.countDown();
      case READY, BROKEN -> {}
    }
  }

  private int judge(ServerView server) throws InterruptedException {
    boolean rests =
        Waiting.whileProgressing(
            () -> server.isAllHandled() && allReach(server), checker::progress, PATIENCE);
    if (!rests) {
      narrator.complain("tandem: not everything comes to rest");
    }
    server.show(checker);
    HybridVerdict verdict = checker.judge();
    verdict.complaints().forEach(what -> narrator.complain("tandem: " + what));
    narrator.say("%s", verdict.line());
    return rests && verdict.isRight() ? ExitStatus.OK : ExitStatus.FAILED;
  }

  private boolean allReach(ServerView server) {
    for (int tenant = 0; tenant < HybridScenery.TENANTS.size(); tenant++) {
      for (int pair = 0; pair < HybridScenery.PAIRS.size(); pair++) {
        long top = server.top(tenant, pair);
        for (int watcher = 0; watcher < HybridScenery.WATCHERS; watcher++) {
          if (checker.last(tenant, pair, watcher) < top) {
            return false;
          }
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
