package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Subscribing, giving up and subscribing again as fast as possible, while messages are published:
 * in the end Redis, the bus and what is delivered agree.
 */
@RedisTest
class SubscriptionRacesIT {
  private static final int ROUNDS = 10_000;
  private static final int CHANNELS = 5;

  private final Buses buses = new Buses();

  @AfterEach
  void close() {
    buses.close();
  }

  /** A subscription that is checked for holes and waits for marks. */
  private static final class Listening implements LiveListener<String> {
    final int channel;
    final Subscription subscription;
    private @Nullable Position last;
    private volatile @Nullable String breach;
    private volatile String mark = "";

    Listening(LiveBus bus, Tenant tenant, int channel) {
      this.channel = channel;
      this.subscription =
          bus.subscribe(tenant, described(channel), SubscribeOptions.fromNow(), this);
    }

    @Override
    public void onMessage(LiveMessage<String> message) {
      Position at = message.position();
      Position before = last;
      if (at != null && before != null && at.version() != before.version() + 1) {
        breach = at + " after " + before;
      }
      last = at;
      if (message.type().equals("mark")) {
        mark = message.payload();
      }
    }

    @Override
    public void onGap(Gap gap) {
      breach = gap.toString();
    }
  }

  /** Some are recoverable and some are not. */
  private static Channel<String> described(int channel) {
    Channel<String> described = channel("c" + channel);
    return channel % 2 == 0 ? described : described.fleeting();
  }

  @Test
  @Timeout(180)
  void inTheEndAllAgree(RedisServer server, @UniqueTenant String name) throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Tenant tenant = Tenant.of(name);
    RedisConnection redis = buses.connection(server.url());
    LiveBus publisher = buses.bus(server.url());
    LiveBus bus =
        buses.bus(server.url(), options -> options.tailCheckInterval(Duration.ofHours(1)));
    List<Listening> listening = new ArrayList<>();
    int mark = 0;
    for (int round = 0; round < ROUNDS; round++) {
      int channel = random.nextInt(CHANNELS);
      int choice = random.nextInt(10);
      if (choice < 4 && listening.size() < 20) {
        listening.add(new Listening(bus, tenant, channel));
      } else if (choice < 8 && !listening.isEmpty()) {
        Listening given = listening.remove(random.nextInt(listening.size()));
        given.subscription.close();
        assertThat(given.breach).as("seed %d", seed).isNull();
      } else {
        var unused = publisher.publishAsync(tenant, described(channel), message("x"));
      }
      if (random.nextInt(20) == 0) {
        for (Listening one : listening) {
          active(one.subscription);
        }
        mark++;
        for (int c = 0; c < CHANNELS; c++) {
          var unused =
              publisher.publishAsync(tenant, described(c), Message.of("mark", "mark" + mark));
        }
        check(seed, redis, tenant, bus, listening, "mark" + mark);
      }
    }
    listening.forEach(one -> one.subscription.close());
    listening.clear();
    check(seed, redis, tenant, bus, listening, "");
  }

  private static void check(
      long seed,
      RedisConnection redis,
      Tenant tenant,
      LiveBus bus,
      List<Listening> listening,
      String mark) {
    List<Long> expected = new ArrayList<>();
    Command numsub = Command.of("PUBSUB").arg("NUMSUB");
    for (int c = 0; c < CHANNELS; c++) {
      int channel = c;
      expected.add(listening.stream().anyMatch(one -> one.channel == channel) ? 1L : 0L);
      numsub.key(RedisKey.of("tenant:" + tenant.name() + ":channel:c" + c));
    }
    await()
        .pollInSameThread()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .atMost(Recorder.PATIENCE)
        .untilAsserted(
            () -> {
              for (Listening one : listening) {
                assertThat(one.mark).as("seed %d, channel %d", seed, one.channel).isEqualTo(mark);
              }
              assertThat(subscribers(redis, numsub)).as("seed %d", seed).isEqualTo(expected);
            });
    assertThat(bus.stats().subscriptions()).isEqualTo(listening.size());
    assertThat(bus.stats().channels())
        .isEqualTo((int) expected.stream().filter(count -> count > 0).count());
    assertThat(listening).as("seed %d", seed).allMatch(one -> one.breach == null);
  }

  private static List<Long> subscribers(RedisConnection redis, Command numsub) {
    List<@Nullable Object> reply = Replies.list(redis.commands().execute(numsub));
    List<Long> counts = new ArrayList<>();
    for (int i = 1; i < reply.size(); i += 2) {
      counts.add(Replies.number(reply.get(i)));
    }
    return counts;
  }
}
