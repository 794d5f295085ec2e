package dev.tandem.examples.soak.live;

import dev.tandem.examples.console.Narrator;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** Breaks one thing after another, at random, for a given time. */
final class LiveMischief {
  private static final long LEAST_REST_MILLIS = 200;
  private static final long MOST_REST_MILLIS = 1_200;
  private static final int LONGEST_FAULT_MILLIS = 2_500;
  private static final int LONGEST_DOWN_MILLIS = 500;
  private static final int MOST_DROPPED = 4;

  private final RedisServer server;
  private final Heads heads;
  private final List<FaultProxy> toSubscribers;
  private final FaultProxy toPublishers;
  private final Audience audience;
  private final Checker checker;
  private final Random random;
  private final Narrator narrator;
  private final Queue<Trick> first;
  private int cuts;
  private int restarts;

  /** What can be broken, and how often out of a hundred times. */
  private enum Trick {
    RESET(16),
    KILL_SUBSCRIBER(12),
    KILL_SERVER(12),
    FLUSH(6),
    EVICT_BUFFER(7),
    EVICT_META(5),
    BLACK_HOLE(10),
    HALF_OPEN(6),
    KILL_CLIENTS(8),
    LOSE_REPLIES(8),
    FREEZE_SUBSCRIBER(4),
    FREEZE_SERVER(3),
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

  /**
   * Nothing is broken yet.
   *
   * @param toSubscribers the way to the server of each subscriber process
   * @param toPublishers that of the publishers
   */
  LiveMischief(
      RedisServer server,
      Heads heads,
      List<FaultProxy> toSubscribers,
      FaultProxy toPublishers,
      Audience audience,
      Checker checker,
      Random random,
      Narrator narrator) {
    this.server = server;
    this.heads = heads;
    this.toSubscribers = toSubscribers;
    this.toPublishers = toPublishers;
    this.audience = audience;
    this.checker = checker;
    this.random = random;
    this.narrator = narrator;
    // So that a short run has these, too.
    this.first =
        new ArrayDeque<>(
            List.of(
                Trick.RESET,
                Trick.KILL_SUBSCRIBER,
                Trick.KILL_SERVER,
                Trick.FLUSH,
                Trick.EVICT_BUFFER));
  }

  /** How often connections were cut. */
  int cuts() {
    return cuts;
  }

  /** How often the server was killed and started again. */
  int restarts() {
    return restarts;
  }

  /** Goes on for this long. */
  void run(Duration time) throws InterruptedException, IOException {
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

  private void play(Trick trick) throws InterruptedException, IOException {
    int subscriber = random.nextInt(LiveScenery.SUBSCRIBERS);
    long millis = 100L + random.nextInt(LONGEST_FAULT_MILLIS);
    switch (trick) {
      case RESET -> reset();
      case BLACK_HOLE -> {
        narrator.say("Subscriber %d talks to a black hole for %d ms.", subscriber + 1, millis);
        toSubscribers.get(subscriber).blackHole();
        heal(subscriber, millis);
      }
      case HALF_OPEN -> {
        narrator.say("Subscriber %d hears nothing for %d ms.", subscriber + 1, millis);
        toSubscribers.get(subscriber).halfOpen();
        heal(subscriber, millis);
      }
      case KILL_CLIENTS -> {
        narrator.say("The server closes all subscriber connections.");
        server.execute("CLIENT", "KILL", "TYPE", "pubsub");
        cuts++;
      }
      case LOSE_REPLIES -> {
        int replies = 1 + random.nextInt(MOST_DROPPED);
        narrator.say(
            "%s of publishers will be executed, but not answered.",
            Narrator.counted(replies, "request"));
        toPublishers.dropRepliesAndReset(replies);
        cuts++;
      }
      case KILL_SERVER -> killServer();
      case FREEZE_SERVER -> {
        narrator.say("The server is frozen (SIGSTOP) for %d ms.", millis);
        server.pause();
        try {
          TimeUnit.MILLISECONDS.sleep(millis);
        } finally {
          server.resume();
        }
      }
      case FLUSH -> {
        narrator.say("The server forgets everything (FLUSHALL).");
        for (int channel = 0; channel < LiveScenery.CHANNELS.size(); channel++) {
          checker.losesLog(channel);
        }
        server.execute("FLUSHALL");
      }
      case EVICT_BUFFER -> evictBuffer();
      case EVICT_META -> evictMeta();
      case KILL_SUBSCRIBER -> audience.kill(subscriber);
      case FREEZE_SUBSCRIBER -> audience.freeze(subscriber, millis);
      case FORGET_SCRIPTS -> {
        narrator.say("The server forgets its scripts.");
        server.execute("SCRIPT", "FLUSH");
      }
    }
  }

  private void reset() {
    int which = random.nextInt(LiveScenery.SUBSCRIBERS + 1);
    if (which == LiveScenery.SUBSCRIBERS) {
      narrator.say("The connections of the publishers are reset.");
      toPublishers.reset();
    } else {
      narrator.say("The connections of subscriber %d are reset.", which + 1);
      toSubscribers.get(which).reset();
    }
    cuts++;
  }

  private void heal(int subscriber, long millis) throws InterruptedException {
    cuts++;
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } finally {
      toSubscribers.get(subscriber).heal();
    }
  }

  private void killServer() throws InterruptedException {
    long millis = random.nextInt(LONGEST_DOWN_MILLIS);
    narrator.say("The server is killed (SIGKILL), and started again after %d ms.", millis);
    server.kill();
    TimeUnit.MILLISECONDS.sleep(millis);
    server.restart();
    restarts++;
  }

  private void evictBuffer() {
    int channel = random.nextInt(LiveScenery.CHANNELS.size());
    narrator.say("The buffer of %s is evicted.", LiveScenery.CHANNELS.get(channel).name());
    checker.losesBuffer(channel);
    server.execute("DEL", heads.keys(channel).buffer().text());
  }

  private void evictMeta() {
    int channel = random.nextInt(LiveScenery.CHANNELS.size());
    narrator.say("The head of %s is evicted.", LiveScenery.CHANNELS.get(channel).name());
    checker.losesLog(channel);
    server.execute("DEL", heads.keys(channel).meta().text());
  }
}
