package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Message;
import dev.tandem.redis.batch.BatchSettings;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One producer of two tenants, of which one has much to send. */
@RedisTest(dedicated = true)
@Timeout(60)
class FairProducerIT {
  private static final int MUCH = 20_000;

  private final RedisServer server;
  private final Fixture fixture;
  private final Tenant quiet;

  FairProducerIT(RedisServer server, @UniqueTenant String loud, @UniqueTenant String quiet) {
    this.server = server;
    this.fixture = new Fixture(server.url(), loud);
    this.quiet = Tenant.of(quiet);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aMessageOfAQuietTenantIsNotHeldUpByManyOfAnother(boolean idempotent) throws Exception {
    StreamProducerBuilder options = StreamProducer.builder(fixture.redis);
    AtomicInteger sentOfLoud = new AtomicInteger();
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    try (StreamProducer producer = (idempotent ? options.idempotent() : options).build()) {
      server.pause(); // or the first may be done before anybody waits for it
      CompletableFuture<Void> first =
          producer
              .send(fixture.tenant, fixture.topic, Message.of("t", "first"))
              .thenRun(
                  () -> { // on the sending thread, so that all others wait
                    busy.countDown();
                    awaitUninterrupted(release);
                  });
      server.resume();
      busy.await();
      List<CompletableFuture<?>> all = new ArrayList<>(List.of(first));
      for (int i = 0; i < MUCH; i++) {
        all.add(
            producer
                .send(fixture.tenant, fixture.topic, Message.of("t", "m" + i))
                .thenRun(sentOfLoud::incrementAndGet));
      }
      CompletableFuture<Integer> before =
          producer
              .send(quiet, fixture.topic, Message.of("t", "alone"))
              .thenApply(id -> sentOfLoud.get());
      release.countDown();

      assertThat(before.get()).isLessThan(2 * BatchSettings.DEFAULT.maxEntries());
      all.forEach(CompletableFuture::join);
    }
    assertThat(sentOfLoud).hasValue(MUCH);
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
