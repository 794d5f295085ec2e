package dev.tandem.examples.soak;

import dev.tandem.examples.console.Narrator;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** Breaks one thing after another, at random, for a given time. */
final class Mischief {
  private static final long LEAST_REST_MILLIS = 400;
  private static final long MOST_REST_MILLIS = 1_800;
  private static final int MOST_DROPPED = 4;

  private final RedisServer server;
  private final FaultProxy proxy;
  private final Crew crew;
  private final Random random;
  private final Narrator narrator;
  private int restarts;

  Mischief(RedisServer server, FaultProxy proxy, Crew crew, Random random, Narrator narrator) {
    this.server = server;
    this.proxy = proxy;
    this.crew = crew;
    this.random = random;
    this.narrator = narrator;
  }

  /** How often the server was killed and started again. */
  int restarts() {
    return restarts;
  }

  /** Goes on for this long. A worker and the server are killed first, so that each run has both. */
  void run(Duration time) throws InterruptedException, IOException {
    long end = System.nanoTime() + time.toNanos();
    for (int round = 0; rest(end); round++) {
      if (round == 0) {
        crew.kill(random.nextInt(Scenery.WORKERS));
      } else if (round == 1) {
        killServer();
      } else {
        breakSomething();
      }
    }
  }

  private boolean rest(long end) throws InterruptedException {
    long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    long rest = LEAST_REST_MILLIS + random.nextInt((int) (MOST_REST_MILLIS - LEAST_REST_MILLIS));
    TimeUnit.MILLISECONDS.sleep(Math.max(0, Math.min(left, rest)));
    return left > rest;
  }

  private void breakSomething() throws InterruptedException, IOException {
    int dice = random.nextInt(100);
    if (dice < 30) {
      crew.kill(random.nextInt(Scenery.WORKERS));
    } else if (dice < 42) {
      crew.freeze(random.nextInt(Scenery.WORKERS), pause());
    } else if (dice < 55) {
      killServer();
    } else if (dice < 65) {
      freezeServer();
    } else if (dice < 78) {
      narrator.say("All connections are reset.");
      proxy.reset();
    } else if (dice < 94) {
      int replies = 1 + random.nextInt(MOST_DROPPED);
      narrator.say("%s will be executed, but not answered.", Narrator.counted(replies, "request"));
      proxy.dropRepliesAndReset(replies);
    } else {
      narrator.say("The server forgets its scripts.");
      server.execute("SCRIPT", "FLUSH");
    }
  }

  private Pause pause() {
    long lease = Scenery.LEASE.toMillis();
    return new Pause(lease / 2 + random.nextInt((int) (2 * lease)));
  }

  private void killServer() throws InterruptedException {
    Pause down = new Pause(random.nextInt(500));
    narrator.say("The server is killed (SIGKILL), and started again after %d ms.", down.millis());
    server.kill();
    down.await();
    server.restart();
    restarts++;
  }

  private void freezeServer() throws InterruptedException {
    Pause pause = pause();
    narrator.say("The server is frozen (SIGSTOP) for %d ms.", pause.millis());
    server.pause();
    try {
      pause.await();
    } finally {
      server.resume();
    }
  }
}
