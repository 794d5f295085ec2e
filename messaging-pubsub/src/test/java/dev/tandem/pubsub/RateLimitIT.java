package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.RateLimitedException;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A channel takes as much as its limit allows, for each tenant and name. */
@RedisTest
class RateLimitIT {
  private static final RateLimit TEN_AN_HOUR = RateLimit.of(10, Duration.ofHours(1));

  private final Buses buses = new Buses();
  private final LiveBus bus;
  private final Tenant tenant;

  RateLimitIT(RedisServer server, @UniqueTenant String name) {
    this.bus = buses.bus(server.url());
    this.tenant = Tenant.of(name);
  }

  @AfterEach
  void close() {
    buses.close();
  }

  private void publish(Tenant whose, Channel<String> channel, int times) {
    for (int i = 0; i < times; i++) {
      bus.publish(whose, channel, message("m"));
    }
  }

  @Test
  void moreThanTheLimitIsRefusedAtOnce() {
    Channel<String> limited = channel("board").rateLimit(TEN_AN_HOUR);
    publish(tenant, limited, 10);
    assertThatThrownBy(() -> bus.publishAsync(tenant, limited, message("m")))
        .isInstanceOfSatisfying(
            RateLimitedException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.RATE_LIMITED);
              assertThat(e.retryable()).isTrue();
              assertThat(e.tenant()).contains(tenant.name());
              assertThat(e.destination()).contains("board");
              assertThat(e).hasMessageContaining("10 messages in PT1H");
            });
    publish(tenant, limited.named("other"), 10);
    publish(Tenant.of(tenant.name() + "-2"), limited, 10);
    publish(tenant, channel("board"), 1);
    assertThat(bus.publisherStats().channels())
        .filteredOn(stats -> stats.rateLimited() > 0)
        .singleElement()
        .satisfies(
            stats -> {
              assertThat(stats.channel()).isEqualTo("board");
              assertThat(stats.rateLimited()).isEqualTo(1);
              assertThat(stats.published()).isEqualTo(11);
              assertThat(stats.failed()).isZero();
            });
  }

  @Test
  void aBatchNeedsRoomOnAllItsChannels() {
    Channel<String> limited = channel("board").rateLimit(RateLimit.of(2, Duration.ofHours(1)));
    ChannelBatch two = ChannelBatch.of().add(limited, message("1")).add(limited, message("2"));
    assertThat(bus.publish(tenant, two)).hasSize(2);
    ChannelBatch more =
        ChannelBatch.of().add(channel("free"), message("1")).add(limited, message("2"));
    assertThatThrownBy(() -> bus.publish(tenant, more)).isInstanceOf(RateLimitedException.class);
    assertThat(bus.currentPosition(tenant, channel("free")).version()).isZero();
  }

  @Test
  void aCallerMayWaitForItsTurn() {
    Channel<String> limited =
        channel("board")
            .rateLimit(RateLimit.of(5, Duration.ofMillis(200)).waitUpTo(Duration.ofSeconds(30)));
    long from = System.nanoTime();
    publish(tenant, limited, 16);
    assertThat(System.nanoTime() - from).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(350));
  }

  @Test
  void theSendingThreadIsNotMadeToWait() {
    Channel<String> limited =
        channel("board")
            .rateLimit(RateLimit.of(1, Duration.ofSeconds(40)).waitUpTo(Duration.ofMinutes(1)));
    publish(tenant, limited, 1);
    CompletableFuture<PublishReceipt> second = new CompletableFuture<>();
    await()
        .atMost(Recorder.PATIENCE)
        .until(
            () -> {
              CompletableFuture<?> stage =
                  bus.publishAsync(tenant, channel("free"), message("m"))
                      .thenCompose(
                          receipt ->
                              Thread.currentThread().getName().contains("-send")
                                  ? bus.publishAsync(tenant, limited, message("2"))
                                  : CompletableFuture.completedFuture(receipt));
              var unused =
                  stage.whenComplete(
                      (receipt, error) -> {
                        if (error != null) {
                          second.completeExceptionally(error);
                        }
                      });
              return second.isDone();
            });
    assertThatThrownBy(second::join).hasCauseInstanceOf(RateLimitedException.class);
  }

  @Test
  void limitsOutOfRangeAreRefused() {
    assertThatThrownBy(() -> RateLimit.of(0, Duration.ofSeconds(1)))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> RateLimit.of(1, Duration.ZERO))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> TEN_AN_HOUR.waitUpTo(Duration.ofHours(1)))
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  void statisticsByChannelBeginAnew() {
    publish(tenant, channel("one"), 3);
    publish(tenant, channel("two").fleeting(), 2);
    PublisherStats before = bus.publisherStats();
    assertThat(before.channels()).hasSize(2);
    assertThat(before.others().published()).isZero();
    ChannelPublishStats one =
        before.channels().stream()
            .filter(stats -> stats.channel().equals("one"))
            .findAny()
            .orElseThrow();
    assertThat(one.tenant()).isEqualTo(tenant);
    assertThat(one.published()).isEqualTo(3);
    assertThat(one.bytes()).isPositive();
    assertThat(one.meanTime()).isPositive().isLessThanOrEqualTo(one.longestTime());
    assertThat(one.failed() + one.outcomeUnknown() + one.resent()).isZero();
    await().until(() -> bus.publisherStats().waiting() == 0);

    bus.resetPublisherStats();
    assertThat(bus.publisherStats().channels()).isEmpty();
    assertThat(bus.publisherStats().since()).isAfterOrEqualTo(before.since());
    assertThat(bus.stats().published()).isEqualTo(5);
  }
}
