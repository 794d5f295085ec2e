package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A channel that the user may not read affects no other. */
@RedisTest(dedicated = true)
class PermissionsIT {
  private final Buses buses = new Buses();

  @AfterEach
  void close() {
    buses.close();
  }

  @Test
  void aForbiddenChannelWaitsForItsPermissionWhileTheOthersGoOn(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    String prefix = "&tenant:" + name + ":channel:";
    String[] user = {"ACL", "SETUSER", "reader", "on", ">x", "~*", "+@all", "resetchannels"};
    server.execute(user);
    server.execute("ACL", "SETUSER", "reader", prefix + "ok*", "&tandem:probe:*");
    LiveBus publisher = buses.bus(server.url());
    try (RedisConnection redis =
            RedisConnection.builder().url(server.url()).credentials("reader", "x").build();
        LiveBus bus =
            LiveBus.builder(redis)
                .probeAfter(Duration.ofSeconds(10))
                .tailCheckInterval(Buses.TAIL)
                .build()) {
      List<Recorder> allowed = new ArrayList<>();
      List<Subscription> subscriptions = new ArrayList<>();
      Recorder recorder = new Recorder();
      Subscription forbidden =
          bus.subscribe(tenant, channel("secret"), SubscribeOptions.fromNow(), recorder);
      for (int i = 0; i < 100; i++) {
        allowed.add(new Recorder());
        subscriptions.add(
            bus.subscribe(tenant, channel("ok" + i), SubscribeOptions.fromNow(), allowed.get(i)));
      }

      for (Subscription subscription : subscriptions) {
        active(subscription);
      }
      for (int i = 0; i < 100; i++) {
        publisher.publish(tenant, channel("ok" + i), message("m1"));
      }
      for (Recorder one : allowed) {
        one.assertExactly(List.of("m1"));
      }
      await().atMost(Recorder.PATIENCE).until(() -> !bus.health().isUp());
      assertThat(bus.health().detail())
          .isEqualTo("no permission to subscribe to tenant:" + name + ":channel:secret");
      assertDenied(forbidden.active(), tenant, "secret");
      Subscription another =
          bus.subscribe(tenant, channel("secret"), SubscribeOptions.fromNow(), new Recorder());
      assertDenied(another.active(), tenant, "secret");
      assertThat(bus.stats().reconnects()).isZero();

      server.execute("ACL", "SETUSER", "reader", prefix + "secret");
      await().atMost(Recorder.PATIENCE).until(() -> forbidden.position() != null);
      active(bus.subscribe(tenant, channel("secret"), SubscribeOptions.fromNow(), new Recorder()));
      Buses.publish(publisher, tenant, channel("secret"), numbers("s", 1, 10));
      recorder.assertExactly(numbers("s", 1, 10));
      await().atMost(Recorder.PATIENCE).until(() -> bus.health().isUp());
      assertThat(bus.stats().reconnects()).isZero();
    }
  }

  @Test
  void whateverSubscribesIsToldAndHealthNamesAFew(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    server.execute("ACL", "SETUSER", "deaf", "on", ">x", "~*", "+@all", "resetchannels");
    server.execute("ACL", "SETUSER", "deaf", "&tandem:probe:*");
    try (RedisConnection redis =
            RedisConnection.builder().url(server.url()).credentials("deaf", "x").build();
        LiveBus bus = LiveBus.builder(redis).build()) {
      SubscribeOptions now = SubscribeOptions.fromNow();
      Channel<String> ticker = Channel.of("ticker", Serde.string()).fleeting();
      assertDenied(bus.subscribe(tenant, ticker, now, new Recorder()).active(), tenant, "ticker");
      assertDenied(
          bus.subscribe(tenant, ChannelSet.of(channel("a"), channel("b")), now, new Recorder())
              .active(),
          tenant,
          null);
      assertDenied(
          bus.subscribe(tenant, ChannelPattern.of("r*", channel("r")), now, new Recorder())
              .active(),
          tenant,
          "r*");
      assertDenied(
          bus.subscribe(tenant, ChannelPattern.of("f*", ticker), now, new Recorder()).active(),
          tenant,
          "f*");
      try (LiveReader<String> reader = bus.open(tenant, channel("c"), now)) {
        assertDenied(reader.active(), tenant, "c");
      }
      CompletableFuture<Void> flow = new CompletableFuture<>();
      bus.publisher(tenant, channel("d"), now).subscribe(new FailsWith(flow));
      assertDenied(flow, tenant, "d");

      assertThat(bus.health().isUp()).isFalse();
      assertThat(bus.health().detail())
          .matches(
              "no permission to subscribe to (tenant:"
                  + name
                  + ":chan[^ ,]+(, )?){3} and \\d more");
    }
  }

  private static void assertDenied(
      CompletableFuture<Void> active, Tenant tenant, @Nullable String channel) {
    assertThat(active)
        .failsWithin(Recorder.PATIENCE)
        .withThrowableOfType(ExecutionException.class)
        .havingCause()
        .isInstanceOfSatisfying(
            ServerErrorException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.ACCESS_DENIED);
              assertThat(e.tenant()).hasValue(tenant.name());
              assertThat(e.getMessage()).contains("tenant:" + tenant + ":chan", "NOPERM");
              if (channel != null) {
                assertThat(e.destination()).hasValue(channel);
              }
            });
  }

  /** Completes a future with how it ended. */
  private record FailsWith(CompletableFuture<Void> end)
      implements Flow.Subscriber<LiveEvent<String>> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {}

    @Override
    public void onNext(LiveEvent<String> event) {}

    @Override
    public void onError(Throwable error) {
      end.completeExceptionally(error);
    }

    @Override
    public void onComplete() {
      end.complete(null);
    }
  }
}
