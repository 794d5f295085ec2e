package dev.tandem.streams.internal.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.RetryPolicy;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.DeadLetterRetention;
import dev.tandem.streams.Ordering;
import dev.tandem.streams.StartPosition;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.group.Counters;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.GroupView;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.LeaseRegistry;
import dev.tandem.streams.internal.group.Membership;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How finished deliveries of several tenants are settled. */
@RedisTest
class SettlerIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void aStreamThatIsBeingGivenBackHoldsUpNoOther(
      RedisServer server, @UniqueTenant String first, @UniqueTenant String second)
      throws Exception {
    try (RedisConnection redis = RedisConnection.connect(server.url())) {
      Shared shared = shared(redis);
      GroupStream one = stream(redis, Tenant.of(first));
      GroupStream other = stream(redis, Tenant.of(second));
      Settler settler = new Settler(shared, (stream, delay) -> {});
      Thread thread = new Thread(settler);
      CountDownLatch end = new CountDownLatch(1);
      CountDownLatch gives = new CountDownLatch(1);
      CompletableFuture<Void> giving =
          CompletableFuture.runAsync(
              () ->
                  one.gate()
                      .give(
                          () -> {
                            gives.countDown();
                            await().atMost(SOON).until(() -> end.getCount() == 0);
                          }));
      gives.await();
      try {
        settler.settle(delivered(redis, shared, one), Outcome.DONE);
        settler.settle(delivered(redis, shared, other), Outcome.DONE);
        thread.start();
        await().atMost(Duration.ofSeconds(60)).until(() -> pending(redis, other) == 0);
        assertThat(pending(redis, one)).isEqualTo(1);
        assertThat(settler.refused()).isZero();
        end.countDown();
        giving.join();
        assertThat(settler.drain(SOON)).isTrue();
        assertThat(pending(redis, one)).isZero();
      } finally {
        end.countDown();
        settler.stop();
        thread.join();
      }
    }
  }

  private static GroupStream stream(RedisConnection redis, Tenant tenant) {
    GroupStream stream =
        new GroupStream(
            tenant,
            KeyLayout.of(redis).stream(tenant, "orders").group("g"),
            new Counters(redis.metrics(), "orders", "g"));
    run(
        redis,
        Command.of("XGROUP").arg("CREATE").key(stream.stream()).arg("g").arg("0").arg("MKSTREAM"));
    run(redis, Command.of("XADD").key(stream.stream()).arg("*").arg("data").arg("x"));
    return stream;
  }

  private static Lease delivered(RedisConnection redis, Shared shared, GroupStream stream) {
    Object reply =
        run(
            redis,
            Command.of("XREADGROUP")
                .arg("GROUP")
                .arg("g")
                .arg("me")
                .arg("STREAMS")
                .key(stream.stream())
                .arg(">"));
    Object entry = Replies.list(Replies.pairs(reply).get(0).value()).get(0);
    Lease lease = new Lease(stream, RawEntry.of(entry), 1, System.nanoTime());
    shared.registry().add(lease);
    shared.registry().start(lease);
    shared.registry().finish(lease, true);
    return lease;
  }

  private static long pending(RedisConnection redis, GroupStream stream) {
    Object reply = run(redis, Command.of("XPENDING").key(stream.stream()).arg("g"));
    return Replies.number(Replies.list(reply).get(0));
  }

  private static @Nullable Object run(RedisConnection redis, Command command) {
    return redis.commands().execute(command);
  }

  private static Shared shared(RedisConnection redis) {
    WorkerSettings settings =
        new WorkerSettings(
            redis,
            List.of(),
            List.of(),
            "g",
            "me",
            1,
            Integer.MAX_VALUE,
            null,
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            RetryPolicy.none(),
            Ordering.NONE,
            null,
            DeadLetterRetention.forever(),
            WorkerSettings.TRIM_EVERY,
            StartPosition.BEGINNING,
            Duration.ofSeconds(1),
            null,
            Clock.systemUTC(),
            new Random());
    Quiet standing = new Quiet();
    return new Shared(
        settings,
        new Membership(settings.member(), new LeaseRegistry(() -> {}), standing),
        standing);
  }

  /** Nobody is told anything. */
  private static final class Quiet implements WorkerStanding {
    @Override
    public void working(Reader reader) {}

    @Override
    public void looked(GroupStream stream, GroupView view) {}

    @Override
    public void replaying(GroupStream source, boolean any) {}

    @Override
    public void troubled(Reader reader, Throwable error) {}

    @Override
    public void proven() {}

    @Override
    public void groupMissing(GroupStream stream) {}

    @Override
    public void unaccounted(GroupStream stream) {}

    @Override
    public void fatal(Throwable error) {}
  }
}
