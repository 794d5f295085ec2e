package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.at;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.pubsub.internal.frame.StoredFrames;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Somebody who may publish to a channel of Redis publishes frames that no log contains. */
@RedisTest
class ForgedFramesIT {
  private static final Channel<String> BOARD = channel("board");

  /** More than a subscriber remembers. */
  private static final int SOME_FRAMES = 400;

  private final Buses buses = new Buses();
  private final RedisServer server;
  private final Tenant tenant;
  private final String key;
  private final LiveBus publisher;
  private final RedisConnection redis;
  private final LiveBus subscriber;

  ForgedFramesIT(RedisServer server, @UniqueTenant String name) {
    this.server = server;
    this.tenant = Tenant.of(name);
    this.key = "tenant:" + name + ":channel:board";
    this.publisher = buses.bus(server.url());
    this.redis = buses.connection(server.url());
    this.subscriber =
        LiveBus.builder(redis)
            .probeAfter(Duration.ofHours(1))
            .tailCheckInterval(Duration.ofHours(1))
            .build();
  }

  @AfterEach
  void close() {
    subscriber.close();
    buses.close();
  }

  /** What a forger makes of a stored frame. */
  enum Forgery {
    AHEAD,
    OF_ANOTHER_LOG,
    OF_ANOTHER_PAST,
    A_COPY_OF_AN_OLD_ONE;

    String of(String frame, int number) {
      return switch (this) {
        case AHEAD -> with(frame, "version", "" + (1_000_000_000L + number));
        case OF_ANOTHER_LOG -> with(frame, "epoch", "\"forged" + number + '"');
        case OF_ANOTHER_PAST -> with(frame, "nonce", "\"forged" + number + '"');
        case A_COPY_OF_AN_OLD_ONE -> frame;
      };
    }
  }

  private static String with(String frame, String member, String value) {
    return frame.replaceFirst('"' + member + "\":(\"\\w*\"|\\d+)", '"' + member + "\":" + value);
  }

  private long reads() {
    return redis.metrics().counter("tandem.pubsub.reads").getCount();
  }

  private String stored(int index) {
    List<String> frames = StoredFrames.of(server, key + ":buffer");
    return frames.get(index < 0 ? frames.size() + index : index);
  }

  @ParameterizedTest
  @EnumSource
  void aStreamOfThemIsCountedAndCausesTenReadsASecondAndKeepsNothingBack(Forgery forgery)
      throws Exception {
    Recorder recorder = new Recorder();
    active(subscriber.subscribe(tenant, BOARD, SubscribeOptions.fromNow(), recorder));
    List<String> published = new ArrayList<>(numbers("m", 1, SOME_FRAMES));
    for (String payload : published) {
      publisher.publish(tenant, BOARD, message(payload));
    }
    recorder.awaitCount(SOME_FRAMES);
    String old = stored(0);
    long readsBefore = reads();
    long ignoredBefore = subscriber.stats().ignored();
    long begin = System.nanoTime();
    int forged = 1_000; // fewer than may be held, however slow the reads are
    for (int i = 0; i < forged; i++) {
      server.execute("PUBLISH", key, forgery.of(old, i));
      if (i % 100 == 0) {
        publisher.publish(tenant, BOARD, message("genuine" + i));
        published.add("genuine" + i);
        recorder.awaitLast("genuine" + i);
      }
    }
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> subscriber.stats().ignored() == ignoredBefore + forged);
    Duration took = Duration.ofNanos(System.nanoTime() - begin);
    assertThat(reads() - readsBefore).as("in %s", took).isBetween(1L, 3 + took.toMillis() / 100);
    recorder.assertExactly(published);
  }

  @Test
  void amongThemWhatIsLostIsFound() throws Exception {
    Recorder recorder = new Recorder();
    active(subscriber.subscribe(tenant, BOARD, SubscribeOptions.fromNow(), recorder));
    publisher.publish(tenant, BOARD, message("m1"));
    recorder.awaitCount(1);
    String frame = stored(0);
    Unheard unheard = new Unheard(server, publisher, tenant);
    for (int i = 2; i < 42; i += 2) {
      server.execute("PUBLISH", key, with(frame, "version", "" + (1_000 + i)));
      assertThat(unheard.store(BOARD, message("m" + i))).isPresent();
      publisher.publish(tenant, BOARD, message("m" + (i + 1)));
    }
    recorder.assertExactly(numbers("m", 1, 41));
  }

  @Test
  void whatClaimsNoPlaceInTheLogIsIgnored() throws Exception {
    Recorder recorder = new Recorder();
    active(subscriber.subscribe(tenant, BOARD, SubscribeOptions.fromNow(), recorder));
    publisher.publish(tenant, BOARD, message("m1"));
    publisher.publish(tenant, BOARD.fleeting(), message("not in the log"));
    publisher.publish(tenant, BOARD, message("m2"));
    recorder.assertExactly(List.of("m1", "m2"));
    assertThat(subscriber.stats().ignored()).isEqualTo(1);
  }

  /** It cannot be told from a genuine one when it arrives: only access control keeps it away. */
  @Test
  void whatContinuesTheLogExactlyIsDeliveredAndThenToldAsTakenBack() throws Exception {
    Recorder recorder = new Recorder();
    active(subscriber.subscribe(tenant, BOARD, SubscribeOptions.fromNow(), recorder));
    Position head = at(publisher.publish(tenant, BOARD, message("m1")));
    recorder.awaitCount(1);
    String next = with(with(stored(0), "version", "2"), "previous", '"' + head.nonce() + '"');
    server.execute(
        "PUBLISH", key, with(next, "nonce", "\"forged\"").replace("\"m1\"", "\"forged\""));
    recorder.awaitLast("forged");
    publisher.publish(tenant, BOARD, message("m2"));
    Gap gap = recorder.awaitGap();
    assertThat(gap.reason()).isEqualTo(GapReason.ROLLED_BACK);
    publisher.publish(tenant, BOARD, message("m3"));
    recorder.awaitLast("m3").assertUnbroken();
    assertThat(recorder.payloads()).containsExactly("m1", "forged", "m3");
  }
}
