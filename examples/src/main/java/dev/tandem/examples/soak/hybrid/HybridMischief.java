package dev.tandem.examples.soak.hybrid;

import dev.tandem.examples.console.Narrator;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** Breaks one thing after another, at random, for a given time. */
final class HybridMischief {
  private static final long LEAST_REST_MILLIS = 200;
  private static final long MOST_REST_MILLIS = 1_200;
  private static final int LONGEST_FAULT_MILLIS = 1_500;
  private static final int LEAST_OUTAGE_MILLIS = 1_200; // a publisher tries for a second first
  private static final int LONGEST_DOWN_MILLIS = 500;
  private static final int MOST_DROPPED = 4;

  private final RedisServer server;
  private final Ways ways;
  private final Successors spooler;
  private final List<Successors> workers;
  private final Audience audience;
  private final Random random;
  private final Narrator narrator;
  private final Queue<Trick> first;

  /** The ways to the server, each of which can be broken by itself. */
  record Ways(
      FaultProxy ofPublishers,
      FaultProxy ofSpooler,
      FaultProxy ofWorkers,
      FaultProxy ofSubscribers) {
    List<FaultProxy> all() {
      return List.of(ofPublishers, ofSpooler, ofWorkers, ofSubscribers);
    }
  }

  /** What can be broken, and how often out of a hundred times. */
  private enum Trick {
    RESET(14),
    OUTAGE_OF_SPOOLER(12),
    KILL_SPOOLER(12),
    KILL_WORKER(12),
    KILL_SERVER(11),
    LOSE_REPLIES(13),
    LEAVE(9),
    BLACK_HOLE(6),
    KILL_CLIENTS(4),
    FREEZE_SERVER(4),
    FORGET_SCRIPTS(3);

    private final int percent;

    Trick(int percent) {
      this.percent = percent;
    }

    static Trick of(int dice) {
      int left = dice;
      for (Trick trick : values()) {
        left -= trick.percent;
        if (left < 0) {
          return trick;
        }
      }
      throw new IllegalArgumentException("no trick for " + dice);
    }
  }

  /** Nothing is broken yet. */
  HybridMischief(
      RedisServer server,
      Ways ways,
      Successors spooler,
      List<Successors> workers,
      Audience audience,
      Random random,
      Narrator narrator) {
    this.server = server;
    this.ways = ways;
    this.spooler = spooler;
    this.workers = workers;
    this.audience = audience;
    this.random = random;
    this.narrator = narrator;
    // So that a short run has these, too.
    this.first =
        new ArrayDeque<>(
            List.of(
                Trick.OUTAGE_OF_SPOOLER,
                Trick.KILL_WORKER,
                Trick.KILL_SERVER,
                Trick.KILL_SPOOLER,
                Trick.LOSE_REPLIES,
                Trick.LEAVE,
                Trick.RESET));
  }

  /** Goes on for this long. */
  void run(Duration time) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    while (rest(end)) {
      Trick next = first.poll();
      play(next == null ? Trick.of(random.nextInt(100)) : next);
    }
  }

  private boolean rest(long end) throws InterruptedException {
    long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    long rest = LEAST_REST_MILLIS + random.nextInt((int) (MOST_REST_MILLIS - LEAST_REST_MILLIS));
    TimeUnit.MILLISECONDS.sleep(Math.max(0, Math.min(left, rest)));
    return left > rest;
  }

  private void play(Trick trick) throws InterruptedException {
    long millis = 100L + random.nextInt(LONGEST_FAULT_MILLIS);
    switch (trick) {
      case RESET -> {
        narrator.say("Connections are reset.");
        any().reset();
      }
      case OUTAGE_OF_SPOOLER -> cutOffSpooler(LEAST_OUTAGE_MILLIS + millis);
      case KILL_SPOOLER -> spooler.kill();
      case KILL_WORKER -> workers.get(random.nextInt(workers.size())).kill();
      case KILL_SERVER -> killServer();
      case LOSE_REPLIES -> {
        int replies = 1 + random.nextInt(MOST_DROPPED);
        narrator.say(
            "%s will be executed, but not answered.", Narrator.counted(replies, "request"));
        any().dropRepliesAndReset(replies);
      }
      case LEAVE -> {
        narrator.say("Every other subscriber leaves, and comes back after %d ms.", millis);
        audience.leave();
        TimeUnit.MILLISECONDS.sleep(millis);
        audience.comeBack();
      }
      case BLACK_HOLE -> {
        narrator.say("The subscribers talk to a black hole for %d ms.", millis);
        ways.ofSubscribers().blackHole();
        TimeUnit.MILLISECONDS.sleep(millis);
        ways.ofSubscribers().heal();
      }
      case KILL_CLIENTS -> {
        narrator.say("The server closes all subscriber connections.");
        server.execute("CLIENT", "KILL", "TYPE", "pubsub");
      }
      case FREEZE_SERVER -> {
        narrator.say("The server is frozen (SIGSTOP) for %d ms.", millis);
        server.pause();
        try {
          TimeUnit.MILLISECONDS.sleep(millis);
        } finally {
          server.resume();
        }
      }
      case FORGET_SCRIPTS -> {
        narrator.say("The server forgets its scripts.");
        server.execute("SCRIPT", "FLUSH");
      }
    }
  }

  private FaultProxy any() {
    List<FaultProxy> all = ways.all();
    return all.get(random.nextInt(all.size()));
  }

  /** It may be killed in the middle of that, or while it replays what it spooled. */
  private void cutOffSpooler(long millis) throws InterruptedException {
    int killed = random.nextInt(3);
    narrator.say("The spooling publisher finds no server for %d ms.", millis);
    ways.ofSpooler().refuse();
    TimeUnit.MILLISECONDS.sleep(millis);
    if (killed == 1) {
      spooler.kill(); // its successor finds none either
      TimeUnit.MILLISECONDS.sleep(millis);
    }
    ways.ofSpooler().heal();
    if (killed == 2) {
      TimeUnit.MILLISECONDS.sleep(random.nextInt(300));
      spooler.kill();
    }
  }

  private void killServer() throws InterruptedException {
    long millis = random.nextInt(LONGEST_DOWN_MILLIS);
    narrator.say("The server is killed (SIGKILL), and started again after %d ms.", millis);
    server.kill();
    TimeUnit.MILLISECONDS.sleep(millis);
    server.restart();
  }
}
