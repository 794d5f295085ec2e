package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is pending under the name of a group's only member, which does not know of it. */
@RedisTest
class ForgottenDeliveryIT {
  private static final Duration LEASE = Duration.ofMillis(500);

  private final Fixture fixture;

  ForgottenDeliveryIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private void claimFor(String consumer, MessageId id) {
    assertThat(
            StreamAdmin.of(fixture.redis)
                .claim(
                    fixture.tenant,
                    fixture.topic.name(),
                    GROUP,
                    consumer,
                    List.of(id),
                    Duration.ZERO))
        .containsEntry(id, ClaimOutcome.CLAIMED);
  }

  @Test
  void aWorkerFindsWhatWasClaimedForItWhileItHeldIt() throws Exception {
    CountDownLatch claimed = new CountDownLatch(1);
    List<Long> deliveries = new CopyOnWriteArrayList<>();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              deliveries.add(delivery.deliveries());
              if (deliveries.size() == 1) {
                claimed.await();
                throw new IllegalStateException("its retry is not counted: the lease is lost");
              }
            },
            options -> options.lease(LEASE));
    MessageId id = fixture.send("a");
    await().atMost(SOON).until(() -> deliveries.size() == 1);
    claimFor(worker.consumer(), id);
    claimed.countDown();
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    assertThat(deliveries).containsExactly(1L, 2L);
  }

  @Test
  void aConsumerFindsWhatWasClaimedForIt() {
    fixture.createGroup();
    MessageId id = fixture.send("a");
    fixture.readAs("dead", 1);
    try (StreamConsumer consumer =
        StreamConsumer.builder(fixture.redis).group(GROUP).lease(LEASE).build()) {
      assertThat(consumer.poll(fixture.tenant, fixture.topic, 1)).isEmpty();
      claimFor(consumer.consumer(), id);
      List<HeldDelivery<String>> polled = new ArrayList<>();
      await()
          .atMost(SOON)
          .until(() -> polled.addAll(consumer.poll(fixture.tenant, fixture.topic, 1)));
      assertThat(polled.get(0).deliveries()).isEqualTo(2);
      assertThat(polled.get(0).ack()).isEqualTo(Settlement.ACKNOWLEDGED);
    }
  }
}
