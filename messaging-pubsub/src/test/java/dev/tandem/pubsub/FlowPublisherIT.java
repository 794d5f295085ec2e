package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Position;
import dev.tandem.api.error.ClosedException;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The rules of Reactive Streams, for a stream without an end of its own. */
@RedisTest
class FlowPublisherIT {
  private final Buses buses = new Buses();
  private final Tenant tenant;
  private final LiveBus bus;
  private final Channel<String> board = channel("board");
  private final Position start;

  FlowPublisherIT(RedisServer server, @UniqueTenant String name) {
    this.tenant = Tenant.of(name);
    this.bus = buses.bus(server.url());
    this.start = bus.currentPosition(tenant, board);
  }

  @AfterEach
  void close() {
    buses.close();
  }

  /** Writes down its signals, and that no two come at once. */
  private static class Probe implements Flow.Subscriber<LiveEvent<String>> {
    final List<String> signals = new CopyOnWriteArrayList<>();
    final AtomicReference<Flow.@Nullable Subscription> subscription = new AtomicReference<>();
    final AtomicReference<@Nullable Throwable> error = new AtomicReference<>();
    final AtomicBoolean inside = new AtomicBoolean();
    final AtomicBoolean overlapped = new AtomicBoolean();
    final long first;

    Probe(long first) {
      this.first = first;
    }

    void signal(String what, Runnable reaction) {
      if (!inside.compareAndSet(false, true)) {
        overlapped.set(true);
      }
      signals.add(what);
      reaction.run();
      inside.set(false);
    }

    Flow.Subscription subscription() {
      return requireNonNull(subscription.get());
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription.set(subscription);
      if (first != 0) {
        signal("subscribed", () -> subscription.request(first));
      }
    }

    @Override
    public void onNext(LiveEvent<String> item) {
      signal(((LiveEvent.OfMessage<String>) item).message().payload(), this::reaction);
    }

    void reaction() {}

    @Override
    public void onError(Throwable throwable) {
      error.set(throwable);
      signal("error", () -> {});
    }

    @Override
    public void onComplete() {
      signal("complete", () -> {});
    }

    void awaitSignals(String... expected) {
      await()
          .atMost(Recorder.PATIENCE)
          .untilAsserted(() -> assertThat(signals).containsExactly(expected));
      assertThat(overlapped).isFalse();
    }
  }

  private Flow.Publisher<LiveEvent<String>> publisher() {
    return bus.publisher(tenant, board, SubscribeOptions.from(start));
  }

  @Test
  void givesWhatIsAskedForAndNoMore() throws Exception {
    publish(bus, tenant, board, numbers("m", 1, 5));
    Probe probe = new Probe(0);
    publisher().subscribe(probe);
    Probe marker = new Probe(Long.MAX_VALUE);
    publisher().subscribe(marker);
    marker.awaitSignals("subscribed", "m1", "m2", "m3", "m4", "m5");
    assertThat(probe.signals).isEmpty();
    probe.subscription().request(2);
    probe.awaitSignals("m1", "m2");
    probe.subscription().request(1);
    probe.subscription().request(Long.MAX_VALUE);
    probe.subscription().request(Long.MAX_VALUE);
    bus.publish(tenant, board, message("m6"));
    probe.awaitSignals("m1", "m2", "m3", "m4", "m5", "m6");
  }

  @Test
  void asksFromWithinOnNextGoOnForever() throws Exception {
    Probe probe =
        new Probe(1) {
          @Override
          void reaction() {
            subscription().request(1);
          }
        };
    publish(bus, tenant, board, numbers("m", 1, 1_000));
    publisher().subscribe(probe);
    await().atMost(Recorder.PATIENCE).until(() -> probe.signals.size() == 1_001);
    assertThat(probe.signals.subList(1, 1_001)).isEqualTo(numbers("m", 1, 1_000));
    assertThat(probe.overlapped).isFalse();
  }

  @Test
  void eachSubscriberHasItsOwnSubscription() {
    Flow.Publisher<LiveEvent<String>> publisher = publisher();
    bus.publish(tenant, board, message("m1"));
    Probe one = new Probe(Long.MAX_VALUE);
    Probe two = new Probe(1);
    publisher.subscribe(one);
    publisher.subscribe(two);
    bus.publish(tenant, board, message("m2"));
    one.awaitSignals("subscribed", "m1", "m2");
    two.awaitSignals("subscribed", "m1");
    assertThat(bus.stats().subscriptions()).isEqualTo(2);
    one.subscription().cancel();
    one.subscription().cancel();
    assertThat(bus.stats().subscriptions()).isEqualTo(1);
    one.subscription().request(1);
    bus.publish(tenant, board, message("m3"));
    two.subscription().request(5);
    two.awaitSignals("subscribed", "m1", "m2", "m3");
    one.awaitSignals("subscribed", "m1", "m2");
  }

  @Test
  void aRequestThatIsNotPositiveFailsTheStream() {
    for (long n : new long[] {0, -1, Long.MIN_VALUE}) {
      Probe probe = new Probe(n == 0 ? 1 : n);
      publisher().subscribe(probe);
      if (n == 0) {
        probe.subscription().request(n);
      }
      probe.awaitSignals("subscribed", "error");
      assertThat(probe.error.get())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("3.9");
      await().atMost(Recorder.PATIENCE).until(() -> bus.stats().subscriptions() == 0);
    }
  }

  @Test
  void cancellingBeforeItBeganMeansNothingComes() {
    Probe probe =
        new Probe(0) {
          @Override
          public void onSubscribe(Flow.Subscription subscription) {
            subscription.cancel();
            subscription.request(5);
          }
        };
    publisher().subscribe(probe);
    bus.publish(tenant, board, message("m1"));
    Probe marker = new Probe(1);
    publisher().subscribe(marker);
    marker.awaitSignals("subscribed", "m1");
    assertThat(probe.signals).isEmpty();
    assertThat(bus.stats().subscriptions()).isEqualTo(1);
  }

  @Test
  void completesWhenTheBusCloses() {
    Probe asked = new Probe(Long.MAX_VALUE);
    Probe silent = new Probe(0);
    Flow.Publisher<LiveEvent<String>> publisher = publisher();
    publisher.subscribe(asked);
    publisher.subscribe(silent);
    bus.publish(tenant, board, message("m1"));
    asked.awaitSignals("subscribed", "m1");
    bus.close();
    asked.awaitSignals("subscribed", "m1", "complete");
    silent.awaitSignals("complete");
  }

  @Test
  void failsWhereTheBusIsClosed() {
    Flow.Publisher<LiveEvent<String>> publisher = publisher();
    bus.close();
    Probe late = new Probe(1);
    publisher.subscribe(late);
    late.awaitSignals("subscribed", "error");
    assertThat(late.error.get()).isInstanceOf(ClosedException.class);
  }

  @Test
  void completesWhenItIsDisconnected() {
    Probe probe = new Probe(0);
    bus.publisher(
            tenant,
            board,
            SubscribeOptions.fromNow().slowConsumer(SlowConsumer.DISCONNECT).queueLimit(2))
        .subscribe(probe);
    await()
        .atMost(Recorder.PATIENCE)
        .until(
            () -> {
              bus.publish(tenant, board, message("more"));
              return !probe.signals.isEmpty();
            });
    probe.awaitSignals("complete");
    await().atMost(Recorder.PATIENCE).until(() -> bus.stats().subscriptions() == 0);
  }

  @Test
  void aSubscriberThatThrowsIsCancelled() {
    Probe probe =
        new Probe(Long.MAX_VALUE) {
          @Override
          void reaction() {
            throw new IllegalStateException("as planned");
          }
        };
    publisher().subscribe(probe);
    bus.publish(tenant, board, message("m1"));
    bus.publish(tenant, board, message("m2"));
    await().atMost(Recorder.PATIENCE).until(() -> bus.stats().subscriptions() == 0);
    assertThat(probe.signals).containsExactly("subscribed", "m1");
  }

  @Test
  @SuppressWarnings("NullAway") // that is what is tested
  void noSubscriberIsRefused() {
    assertThatNullPointerException().isThrownBy(() -> publisher().subscribe(null));
  }
}
