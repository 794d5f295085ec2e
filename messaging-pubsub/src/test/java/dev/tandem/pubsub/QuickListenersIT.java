package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A listener that has always returned at once is called by the thread that reads the connection;
 * when it does not return, another thread reads on.
 */
@RedisTest(dedicated = true)
class QuickListenersIT {
  /** The most threads that may be kept busy. */
  private static final int MOST_STUCK = 8;

  private final Buses buses = new Buses();
  private final CountDownLatch release = new CountDownLatch(1);
  private final FaultProxy proxy;
  private final Tenant tenant;
  private final LiveBus publisher;
  private final LiveBus bus;

  QuickListenersIT(RedisServer server, FaultProxy proxy, @UniqueTenant String name) {
    this.proxy = proxy;
    this.tenant = Tenant.of(name);
    this.publisher = buses.bus(server.url());
    this.bus = buses.bus(proxy.url());
  }

  @AfterEach
  void close() {
    release.countDown();
    buses.close();
  }

  /** Writes down what arrives; called with "block", it does not return until released. */
  private final class Blocking implements LiveListener<String> {
    private final ConcurrentLinkedQueue<String> payloads = new ConcurrentLinkedQueue<>();
    private final List<Gap> gaps = new ArrayList<>();
    private volatile String calledBy = "";
    private volatile boolean blocked;

    @Override
    public void onMessage(LiveMessage<String> message) {
      payloads.add(message.payload());
      calledBy = Thread.currentThread().getName();
      if (message.payload().equals("block")) {
        blocked = true;
        try {
          assertThat(release.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      } else if (message.payload().equals("close") && isCalledByTheReader()) {
        bus.close();
      }
    }

    @Override
    public void onGap(Gap gap) {
      gaps.add(gap);
    }

    boolean isCalledByTheReader() {
      return calledBy.contains("-link");
    }
  }

  private void send(Channel<String> channel, String payload) {
    publisher.publish(tenant, channel, message(payload));
  }

  /** A listener that the thread that reads calls, and how many messages that took. */
  private Blocking quick(Channel<String> channel) throws Exception {
    Blocking listener = new Blocking();
    active(bus.subscribe(tenant, channel, SubscribeOptions.fromNow(), listener));
    for (int i = 1; !listener.isCalledByTheReader(); i++) {
      assertThat(i).as("messages until it is called by the thread that reads").isLessThan(2_000);
      send(channel, "m");
      int sent = i;
      await()
          .pollInterval(Duration.ofMillis(1))
          .atMost(Recorder.PATIENCE)
          .until(() -> listener.payloads.size() == sent);
    }
    listener.payloads.clear();
    return listener;
  }

  /** Most often returns at once. */
  private static LiveListener<String> pausing(Recorder recorder, Random random) {
    return new LiveListener<>() {
      @Override
      public void onMessage(LiveMessage<String> message) {
        recorder.onMessage(message);
        if (random.nextInt(40) == 0) {
          LockSupport.parkNanos(Duration.ofMillis(random.nextInt(40)).toNanos());
        }
      }

      @Override
      public void onGap(Gap gap) {
        recorder.onGap(gap);
      }
    };
  }

  @Test
  void whenOneBlocksAnotherThreadReadsOn() throws Exception {
    Recorder other = new Recorder();
    active(bus.subscribe(tenant, channel("other"), SubscribeOptions.fromNow(), other));
    List<Blocking> blocking = new ArrayList<>();
    for (int i = 0; i < MOST_STUCK; i++) {
      Channel<String> mine = channel("blocks-" + i);
      Blocking listener = quick(mine);
      blocking.add(listener);
      send(mine, "block");
      await().atMost(Recorder.PATIENCE).until(() -> listener.blocked);
      send(mine, "after");
      send(channel("other"), "m" + (i + 1));
      other.awaitCount(i + 1);
    }
    other.assertExactly(numbers("m", 1, MOST_STUCK));
    release.countDown();
    for (Blocking listener : blocking) {
      await().atMost(Recorder.PATIENCE).until(() -> listener.payloads.size() == 2);
      assertThat(listener.payloads).containsExactly("block", "after");
      assertThat(listener.gaps).isEmpty();
    }
  }

  @Test
  void whileAsManyBlockAsMayNoMoreAreCalledByTheThreadThatReads() throws Exception {
    Blocking quick = quick(channel("quick"));
    int stuck = 0;
    for (int i = 0; stuck < MOST_STUCK; i++) {
      Channel<String> mine = channel("blocks-" + i);
      Blocking listener = quick(mine);
      send(mine, "block");
      await().atMost(Recorder.PATIENCE).until(() -> listener.blocked);
      stuck += listener.isCalledByTheReader() ? 1 : 0; // not if it was slow just before
    }
    for (int i = 1; i <= 50; i++) {
      send(channel("quick"), "m" + i);
      int sent = i;
      await()
          .pollInterval(Duration.ofMillis(1))
          .atMost(Recorder.PATIENCE)
          .until(() -> quick.payloads.size() == sent);
    }
    assertThat(quick.isCalledByTheReader()).isFalse();
    assertThat(quick.payloads).containsExactlyElementsOf(numbers("m", 1, 50));
  }

  @Test
  void aConnectionThatIsLostWhileOneBlocksIsMadeAnew() throws Exception {
    Recorder other = new Recorder();
    active(bus.subscribe(tenant, channel("other"), SubscribeOptions.fromNow(), other));
    Blocking listener = quick(channel("board"));
    send(channel("board"), "block");
    await().atMost(Recorder.PATIENCE).until(() -> listener.blocked);
    for (int i = 1; i <= 20; i++) {
      proxy.reset();
      send(channel("other"), "m" + i);
      send(channel("board"), "n" + i);
      other.awaitCount(i);
    }
    release.countDown();
    other.assertExactly(numbers("m", 1, 20));
    await().atMost(Recorder.PATIENCE).until(() -> listener.payloads.size() == 21);
    List<String> expected = new ArrayList<>(List.of("block"));
    expected.addAll(numbers("n", 1, 20));
    assertThat(listener.payloads).containsExactlyElementsOf(expected);
    assertThat(listener.gaps).isEmpty();
  }

  @Test
  void theBusClosesWhileOneBlocks() throws Exception {
    Blocking listener = quick(channel("board"));
    send(channel("board"), "block");
    await().atMost(Recorder.PATIENCE).until(() -> listener.blocked);
    send(channel("board"), "after");
    bus.close();
    release.countDown();
    assertThat(listener.payloads).containsExactly("block");
  }

  @Test
  void oneMayCloseTheBus() throws Exception {
    Blocking listener = quick(channel("board"));
    await()
        .pollInterval(Duration.ofMillis(1))
        .atMost(Recorder.PATIENCE)
        .until(
            () -> {
              send(channel("board"), "close");
              return !bus.health().isUp();
            });
    assertThat(listener.isCalledByTheReader()).isTrue();
  }

  @Test
  void nothingIsLostTwiceOrOutOfOrderWhileListenersBlockAndConnectionsBreak() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int channels = 6;
    int messages = 400;
    List<Blocking> listeners = new ArrayList<>();
    for (int i = 0; i < channels; i++) {
      listeners.add(quick(channel("c" + i)));
    }
    List<Recorder> slow = new ArrayList<>();
    for (int i = 0; i < channels; i++) {
      Recorder recorder = new Recorder();
      slow.add(recorder);
      LiveListener<String> pausing = pausing(recorder, new Random(random.nextLong()));
      active(bus.subscribe(tenant, channel("c" + i), SubscribeOptions.fromNow(), pausing));
    }
    for (int i = 1; i <= messages; i++) {
      for (int c = 0; c < channels; c++) {
        send(channel("c" + c), "m" + i);
      }
      if (random.nextInt(100) == 0) {
        proxy.reset();
      }
    }
    for (int c = 0; c < channels; c++) {
      Blocking listener = listeners.get(c);
      slow.get(c).awaitCount(messages);
      slow.get(c).assertExactly(numbers("m", 1, messages));
      await().atMost(Recorder.PATIENCE).until(() -> listener.payloads.size() == messages);
      assertThat(listener.payloads)
          .as("seed %d", seed)
          .containsExactlyElementsOf(numbers("m", 1, messages));
      assertThat(listener.gaps).as("seed %d", seed).isEmpty();
    }
  }
}
