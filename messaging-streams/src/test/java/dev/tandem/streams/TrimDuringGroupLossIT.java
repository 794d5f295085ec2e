package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A group is destroyed again and again, made again by who knows it, by who does not, or by hand,
 * while another group acknowledges everything and somebody trims all the time.
 */
@RedisTest
class TrimDuringGroupLossIT {
  private static final Duration LEASE = Duration.ofMillis(900);
  private static final Duration EVERY = Duration.ofMillis(600);
  private static final int LOSSES = 6;

  private final RedisServer server;
  private final Fixture fixture;
  private final Accounts accounts = new Accounts();
  private final Queue<MessageId> sent = new ConcurrentLinkedQueue<>();
  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);
  private volatile boolean over;

  TrimDuringGroupLossIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    over = true;
    fixture.close();
  }

  private StreamWorker member(StartPosition start) throws InterruptedException {
    Random failing = new Random(random.nextLong());
    return fixture.start(
        fixture
            .worker(fixture.connection(server.url()))
            .lease(LEASE)
            .concurrency(4)
            .startFrom(start)
            .retry(RetryPolicy.fixed(Duration.ofMillis(200)).maxDeliveries(20))
            .handler(
                (message, delivery) -> {
                  TimeUnit.MILLISECONDS.sleep(5);
                  if (failing.nextInt(10) == 0) {
                    throw new IllegalStateException("is to fail");
                  }
                  accounts.handled(delivery);
                }));
  }

  private void publish() throws InterruptedException {
    while (!over) {
      sent.add(fixture.send("m"));
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  private void trim() throws InterruptedException {
    StreamAdmin admin = StreamAdmin.of(fixture.redis);
    while (!over) {
      TrimReport report = admin.trim(fixture.tenant, "orders", Trimming.acknowledged());
      assertThat(report.losses()).as("seed %d", seed).isEmpty();
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  private void lose(int round) throws InterruptedException {
    if (random.nextBoolean()) {
      fixture.readAs("dead", 1 + random.nextInt(5)); // who never tells anybody what it had
    }
    if (round % 3 == 1) {
      fixture.remakeGroup("$");
      return;
    }
    fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
    if (round % 3 == 2) {
      member(StartPosition.NOW);
    } // else it is made again by who knows it
  }

  @Test
  void nothingIsLost() throws Exception {
    fixture.start(fixture.worker().group("other").handler((message, delivery) -> {}));
    member(StartPosition.BEGINNING);
    member(StartPosition.BEGINNING);
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      List<Future<?>> tasks = new ArrayList<>();
      tasks.add(
          threads.submit(
              () -> {
                publish();
                return 0;
              }));
      tasks.add(
          threads.submit(
              () -> {
                trim();
                return 0;
              }));
      for (int round = 0; round < LOSSES; round++) {
        TimeUnit.MILLISECONDS.sleep(EVERY.toMillis() / 2 + random.nextInt((int) EVERY.toMillis()));
        await()
            .atMost(SOON)
            .until(
                () -> StreamAdmin.of(fixture.redis).groups(fixture.tenant, "orders").size() == 2);
        lose(round);
      }
      TimeUnit.MILLISECONDS.sleep(EVERY.toMillis());
      over = true;
      for (Future<?> task : tasks) {
        task.get();
      }
    } finally {
      over = true;
      threads.shutdownNow();
    }
    try {
      accounts.awaitNoneMissing(fixture, sent);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("seed " + seed, e);
    }
  }
}
