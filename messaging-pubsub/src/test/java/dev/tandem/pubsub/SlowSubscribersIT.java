package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who does not keep up, here or in the eyes of the server, misses nothing or is told. */
@RedisTest(dedicated = true)
class SlowSubscribersIT {
  private final Buses buses = new Buses();

  @AfterEach
  void close() {
    buses.close();
  }

  @Test
  void aServerThatCutsTheConnectionForItsOutputBufferIsNoGap(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus publisher = buses.bus(server.url());
    LiveBus subscriber = buses.bus(server.url());
    Recorder recorder = new Recorder();
    active(subscriber.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), recorder));
    List<String> large =
        IntStream.rangeClosed(1, 10).mapToObj(n -> n + "x".repeat(40_000)).toList();
    server.execute("CONFIG", "SET", "client-output-buffer-limit", "pubsub 20kb 20kb 1");
    try {
      for (String payload : large) {
        publisher.publish(tenant, channel("board"), message(payload));
      }
      recorder.awaitCount(10);
      await().atMost(Recorder.PATIENCE).until(() -> subscriber.stats().reconnects() > 0);
    } finally {
      server.execute("CONFIG", "SET", "client-output-buffer-limit", "pubsub 32mb 8mb 60");
    }
    publish(publisher, tenant, channel("board"), List.of("last"));
    recorder.awaitLast("last");
    assertThat(recorder.payloads()).startsWith(large.toArray(String[]::new)).hasSize(11);
    assertThat(recorder.gaps()).isEmpty();
    recorder.assertUnbroken();
  }

  /** Is stuck in its first message until it is let go. */
  private static final class Stuck implements LiveListener<String> {
    private final Recorder recorder = new Recorder();
    private final CountDownLatch free = new CountDownLatch(1);

    @Override
    public void onMessage(LiveMessage<String> message) {
      recorder.onMessage(message);
      try {
        assertThat(free.await(60, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void onGap(Gap gap) {
      recorder.onGap(gap);
    }
  }

  @Test
  void slowerThanTheChannelKeepsIsToldExactlyWhatItMissed(
      RedisServer server, @UniqueTenant String name) throws Exception {
    int kept = 200;
    int total = 3_000;
    Tenant tenant = Tenant.of(name);
    Channel<String> board = channel("board").recoverable(Duration.ofMinutes(5), kept);
    LiveBus bus = buses.bus(server.url());
    Stuck stuck = new Stuck();
    Recorder quick = new Recorder();
    Subscription slow =
        bus.subscribe(tenant, board, SubscribeOptions.fromNow().queueLimit(20), stuck);
    active(slow);
    active(bus.subscribe(tenant, board, SubscribeOptions.fromNow(), quick));
    for (String payload : numbers("m", 1, total)) { // each alone: more frames than are remembered
      bus.publish(tenant, board, message(payload));
      assertThat(slow.stats().queued()).isLessThanOrEqualTo(20);
    }
    quick.assertExactly(numbers("m", 1, total));

    stuck.free.countDown();
    Recorder told = stuck.recorder.awaitLast("m" + total);
    assertTold(told, total);
    assertThat(told.payloads())
        .endsWith(numbers("m", total - kept + 1, total).toArray(String[]::new));
  }

  /** Nothing but gaps for what was trimmed, and they and what it was given make up all. */
  private static void assertTold(Recorder told, int total) {
    told.assertUnbroken();
    assertThat(told.gaps()).isNotEmpty().allMatch(gap -> gap.reason() == GapReason.TRIMMED);
    long missed =
        told.gaps().stream()
            .mapToLong(gap -> gap.resumesAt().version() - requireNonNull(gap.from()).version())
            .sum();
    assertThat(missed + told.payloads().size()).isEqualTo(total);
  }

  /** Takes its time for each message until it is hurried. */
  private static final class Plodding implements LiveListener<String> {
    private static final Duration PER_MESSAGE = Duration.ofMillis(50);

    private final Recorder recorder = new Recorder();
    private final AtomicInteger handled = new AtomicInteger();
    private volatile boolean hurried;

    @Override
    public void onMessage(LiveMessage<String> message) {
      recorder.onMessage(message);
      if (!hurried) {
        LockSupport.parkNanos(PER_MESSAGE.toNanos());
      }
      handled.incrementAndGet();
    }

    @Override
    public void onGap(Gap gap) {
      recorder.onGap(gap);
    }

    void awaitMore(int messages) {
      int before = handled.get();
      await()
          .atMost(Recorder.PATIENCE)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> handled.get() >= before + messages);
    }

    /** How long it would take for what it has not handled. */
    Duration behind(int published) {
      return PER_MESSAGE.multipliedBy(published - handled.get());
    }
  }

  /** Publishes each message alone: soon more frames than are remembered. */
  private static int publishRound(
      LiveBus bus, Tenant tenant, Channel<String> board, int from, int count) {
    for (String payload : numbers("m", from + 1, from + count)) {
      bus.publish(tenant, board, message(payload));
    }
    return from + count;
  }

  /**
   * In 10 s of real time it falls behind by what it would need minutes for, with a queue of 20:
   * what is proven is that the backlog, however large, is not kept in memory and is read in order
   * later, not that time alone does no harm. That it does none is in the tests of the retention,
   * which is what time runs out for.
   */
  @Test
  void minutesBehindMissesNothingAndDelaysNobody(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    Channel<String> board = channel("board").recoverable(Duration.ofMinutes(30), 1_000_000);
    LiveBus bus = buses.bus(server.url());
    Plodding plodding = new Plodding();
    Recorder quick = new Recorder();
    Subscription slow =
        bus.subscribe(tenant, board, SubscribeOptions.fromNow().queueLimit(20), plodding);
    active(slow);
    active(bus.subscribe(tenant, board, SubscribeOptions.fromNow(), quick));
    int total = 0;
    for (int round = 0; round < 50; round++) {
      total = publishRound(bus, tenant, board, total, 120);
      quick.awaitCount(total);
      plodding.awaitMore(4);
      assertThat(slow.stats().queued()).isLessThanOrEqualTo(20);
    }
    assertThat(plodding.behind(total)).isGreaterThan(Duration.ofMinutes(3));
    quick.assertExactly(numbers("m", 1, total));

    plodding.hurried = true;
    plodding.recorder.assertExactly(numbers("m", 1, total));
    assertThat(slow.stats().dropped()).isZero();
    assertThat(slow.stats().recovered()).isPositive();
  }

  @Test
  void fartherBehindThanTheRetentionIsToldEachTimeWhatItMissed(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    Channel<String> board = channel("board").recoverable(Duration.ofSeconds(1), 1_000_000);
    LiveBus bus = buses.bus(server.url());
    Plodding plodding = new Plodding();
    Recorder quick = new Recorder();
    Subscription slow =
        bus.subscribe(tenant, board, SubscribeOptions.fromNow().queueLimit(40), plodding);
    active(slow);
    active(bus.subscribe(tenant, board, SubscribeOptions.fromNow(), quick));
    int total = 0;
    for (int round = 0; plodding.recorder.gaps().size() < 3; round++) {
      assertThat(round).isLessThan(300);
      total = publishRound(bus, tenant, board, total, 100);
      plodding.awaitMore(4);
      assertThat(slow.stats().queued()).isLessThanOrEqualTo(40);
    }
    plodding.hurried = true;
    quick.assertExactly(numbers("m", 1, total));
    assertTold(plodding.recorder.awaitLast("m" + total), total);
    assertThat(slow.stats().dropped()).isZero();
  }
}
