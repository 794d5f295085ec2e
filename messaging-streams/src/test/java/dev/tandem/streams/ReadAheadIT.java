package dev.tandem.streams;

import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A worker that has much to read asks for more before it takes in what came. Whatever becomes of
 * that read, nothing is lost, handled twice, out of order or counted as another delivery.
 */
@RedisTest(dedicated = true)
class ReadAheadIT {
  private static final int MESSAGES = 20_000;
  private static final int MOST_FAULTS = 10;
  private static final int MOST_HELD = 64;
  private static final int MOST_IN_A_ROW = 40;
  private static final Duration LONG_LEASE = Duration.ofMinutes(10);

  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);
  private final Fixture fixture;
  private final List<Integer> handled = Collections.synchronizedList(new ArrayList<>());
  private final Set<Long> deliveries = Collections.synchronizedSet(new TreeSet<>());

  ReadAheadIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new Fixture(server.url(), tenant);
  }

  @BeforeEach
  void fill() {
    fixture.sendTogether(
        fixture.tenant,
        IntStream.range(0, MESSAGES).mapToObj(i -> Message.of("test", "" + i)).toList());
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void whatLostRepliesDeliveredIsHandledOnceAndInOrder(FaultProxy proxy) throws Exception {
    handleAll(
        fixture.connection(proxy.url()),
        () -> proxy.executeButDropReply(line -> line.startsWith("XREADGROUP")));

    assertThat(proxy.droppedReplies()).as("seed %d", seed).isPositive();
  }

  @Test
  void whatALostGroupHadDeliveredIsHandledOnceAndInOrder() throws Exception {
    handleAll(
        fixture.redis, () -> fixture.run("XGROUP", "DESTROY", fixture.stream(), Fixture.GROUP));

    String counter = "tandem.streams.worker.orders.billing.groups-recreated";
    assertThat(fixture.redis.metrics().counter(counter).getCount())
        .as("seed %d", seed)
        .isPositive();
  }

  /** Handles all in strict order, with some faults on the way, each once. */
  private void handleAll(RedisConnection redis, Runnable fault) throws Exception {
    Set<Integer> faults = new TreeSet<>();
    for (int i = 0; i < MOST_FAULTS; i++) {
      faults.add(random.nextInt(MESSAGES / 2));
    }
    fixture.start(
        fixture
            .worker(redis)
            .ordering(Ordering.STRICT)
            .lease(LONG_LEASE)
            .handler(
                (message, delivery) -> {
                  if (faults.contains(handled.size())) {
                    fault.run();
                  }
                  handle(message, delivery);
                }));

    await().atMost(SOON).until(() -> handled.size() >= MESSAGES);
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    assertThat(handled)
        .as("seed %d", seed)
        .isEqualTo(IntStream.range(0, MESSAGES).boxed().toList());
    assertThat(deliveries).as("seed %d", seed).containsExactly(1L);
  }

  @Test
  void whoeverIsClosedWhileItReadsAheadKeepsNothing() throws Exception {
    int closed = 0;
    while (closed < MOST_FAULTS && handled.size() < MESSAGES / 2) {
      CountDownLatch enough = new CountDownLatch(1 + random.nextInt(MESSAGES / 40));
      StreamWorker worker =
          fixture.start(
              fixture
                  .worker()
                  .lease(LONG_LEASE)
                  .handler(
                      (message, delivery) -> {
                        handle(message, delivery);
                        enough.countDown();
                      }));
      assertThat(enough.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();

      worker.close();
      closed++;
      assertThat(fixture.consumers())
          .as("after close %d, seed %d", closed, seed)
          .doesNotContain(worker.consumer());
    }
    fixture.start(this::handle, options -> options.lease(LONG_LEASE));

    await().atMost(SOON).until(() -> handled.size() >= MESSAGES);
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    assertThat(new TreeSet<>(handled)).as("seed %d", seed).hasSize(MESSAGES);
    assertThat(handled).as("seed %d", seed).hasSize(MESSAGES);
    assertThat(deliveries).as("seed %d", seed).containsExactly(1L);
  }

  /** What comes to others meanwhile does not wait until all that there is room for is read. */
  @Test
  void whoHadNothingIsLookedAtWhileMuchIsReadAhead(FaultProxy proxy) throws Exception {
    fill();
    fill();
    int batch = StreamWorkerBuilder.MOST_IN_BATCH;
    int handlers = StreamWorkerBuilder.MOST_IN_ALL_BATCHES / batch / 2;
    Tenant quiet = Tenant.of(fixture.tenant.name() + "-quiet");
    AtomicInteger handledNow = new AtomicInteger();
    ReadsInARow reads = new ReadsInARow(quiet.name());
    proxy.executeButDropReply(reads::noted);

    fixture.start(
        fixture
            .worker(fixture.connection(proxy.url()))
            .tenant(quiet)
            .concurrency(handlers)
            .batchHandler(
                arrived -> handledNow.addAndGet(arrived.deliveries().size()), batch, SOON));

    await().atMost(SOON).until(() -> handledNow.get() == 3 * MESSAGES);
    assertThat(reads.all()).isGreaterThan(MOST_IN_A_ROW * 2);
    assertThat(reads.most()).isBetween(2, MOST_IN_A_ROW);
  }

  /** How many reads there are, and how many without one stream, one after the other. */
  private static final class ReadsInARow {
    private final String stream;
    private final AtomicInteger all = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private int now;

    ReadsInARow(String stream) {
      this.stream = stream;
    }

    /** Takes note of a command, by the only thread that sees them; no reply is to be dropped. */
    boolean noted(String line) {
      if (line.startsWith("XREADGROUP")) {
        all.incrementAndGet();
        now = line.contains(stream) ? 0 : now + 1;
        most.accumulateAndGet(now, Math::max);
      }
      return false;
    }

    int all() {
      return all.get();
    }

    int most() {
      return most.get();
    }
  }

  /** Whenever the handlers come to a halt, no more is held than may be. */
  @Test
  void whatIsReadAheadCountsAsHeld() throws Exception {
    Semaphore free = new Semaphore(0);
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .concurrency(MOST_HELD / 2) // so that as many may be held also when they halt
                .inFlightPerTenant(MOST_HELD)
                .lease(LONG_LEASE)
                .handler(
                    (message, delivery) -> {
                      free.acquire();
                      handle(message, delivery);
                    }));
    int released = 0;
    for (int halt = 1; halt <= 2 * MOST_FAULTS; halt++) {
      int some = 1 + random.nextInt(MESSAGES / MOST_FAULTS / 4);
      released += some;
      long settled = released;
      free.release(some);

      await().atMost(SOON).until(() -> worker.stats().acknowledged() == settled);
      await().atMost(SOON).until(() -> fixture.pending() > MOST_HELD * 3 / 4);
      assertThat(fixture.pending())
          .as("at halt %d, seed %d", halt, seed)
          .isLessThanOrEqualTo(MOST_HELD);
    }
    free.release(MESSAGES);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == MESSAGES);
  }

  private void handle(Message<String> message, Delivery<String> delivery) {
    deliveries.add(delivery.deliveries());
    handled.add(Integer.parseInt(message.payload()));
  }
}
