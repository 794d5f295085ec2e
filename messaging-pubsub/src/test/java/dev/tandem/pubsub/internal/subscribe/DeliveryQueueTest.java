package dev.tandem.pubsub.internal.subscribe;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.SlowConsumer;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.frame.Frame;
import dev.tandem.pubsub.internal.frame.FrameMessage;
import dev.tandem.pubsub.internal.frame.TestMessages;
import dev.tandem.pubsub.internal.log.Origin;
import dev.tandem.pubsub.internal.log.ReceivedFrame;
import dev.tandem.tenant.Tenant;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** What waits is bounded and in order, and what is left out is replaced by what is to come. */
class DeliveryQueueTest {
  private static final Tenant TENANT = Tenant.of("acme");
  private static final int FRAME_BYTES = 100;

  private final BusMetrics metrics = new BusMetrics(new MetricRegistry());
  private final LocalSubscriber.Context context =
      new LocalSubscriber.Context(
          "me",
          new BusThreads("test", Runnable::run, metrics),
          metrics,
          new ChannelTallies(Clock.systemUTC(), 10));
  private final AtomicInteger ready = new AtomicInteger();

  /** A channel's log, and what came of it out of a queue. */
  private static final class Lane {
    final Mailbox<String> mailbox;
    final AtomicInteger roomAgain = new AtomicInteger();
    final Map<Long, FrameMessage> taken = new HashMap<>();
    final List<Long> delivered = new ArrayList<>();
    final List<Gap> gaps = new ArrayList<>();
    Position head = new Position("e", 0, "");
    Position told = head;

    Lane(
        String name,
        SubscribeOptions options,
        DeliveryQueue<String> queue,
        LocalSubscriber.Context context) {
      mailbox =
          new Mailbox<>(
              TENANT,
              Channel.of(name, Serde.string()),
              options,
              queue,
              context,
              new Mailbox.Owner() {
                @Override
                public void onRoom() {
                  roomAgain.incrementAndGet();
                }

                @Override
                public void close() {}
              });
      queue.join(mailbox);
    }

    ReceivedFrame publish(String... keys) {
      List<FrameMessage> messages = new ArrayList<>();
      for (String key : keys) {
        String type = key.startsWith("x") ? "unwanted" : "wanted";
        messages.add(TestMessages.keyed(MessageId.of("1"), type, key.startsWith("-") ? null : key));
      }
      Position before = head;
      head = new Position("e", before.version() + keys.length, "n" + before.version());
      return new ReceivedFrame(
          new Frame(
              before,
              head,
              TENANT.name(),
              mailbox.channel().name(),
              "i",
              head.nonce(),
              Instant.EPOCH,
              messages,
              FRAME_BYTES),
          TENANT);
    }

    boolean put(ReceivedFrame frame) {
      boolean room = mailbox.put(frame, 0, Origin.LIVE);
      if (room) {
        for (int i = 0; i < frame.count(); i++) {
          taken.put(frame.frame().firstVersion() + i, frame.frame().messages().get(i));
        }
      }
      return room;
    }

    boolean publishAndPut(String... keys) {
      return put(publish(keys));
    }

    void gap() {
      Position from = head;
      head = new Position("e", from.version() + 5, "g" + from.version());
      mailbox.put(new Gap("c", from, head, GapReason.TRIMMED));
    }
  }

  private DeliveryQueue<String> queue(SubscribeOptions options) {
    return new DeliveryQueue<>(options, ready::incrementAndGet);
  }

  private static SubscribeOptions options(SlowConsumer policy, int limit) {
    return SubscribeOptions.fromNow().types("wanted").slowConsumer(policy).queueLimit(limit);
  }

  /** Hands over what is next, as a listener would get it. */
  private static @Nullable Parcel<String> take(DeliveryQueue<String> queue, Lane... lanes) {
    Parcel<String> parcel = queue.next(null);
    for (Lane lane : lanes) {
      if (parcel == null || parcel.mailbox() != lane.mailbox) {
        continue;
      }
      Gap gap = parcel.gap();
      if (gap != null) {
        assertThat(gap.resumesAt().version()).isGreaterThan(lane.told.version());
        lane.gaps.add(gap);
        lane.told = gap.resumesAt();
      }
      ReceivedFrame frame = parcel.frame();
      for (int i = parcel.from(); frame != null && i < parcel.to(); i++) {
        Position at = requireNonNull(frame.frame().positionOf(i));
        assertThat(at.version()).isGreaterThan(lane.told.version());
        lane.told = at;
        if (lane.mailbox.lets(frame, i, lane.mailbox.messages(frame).get(i))) {
          lane.delivered.add(at.version());
        }
      }
      Position seen = parcel.seen();
      if (seen != null) {
        assertThat(seen.version()).isGreaterThanOrEqualTo(lane.told.version());
        lane.told = seen;
      }
    }
    if (parcel != null) {
      queue.release(parcel);
    }
    return parcel;
  }

  private static void drain(DeliveryQueue<String> queue, Lane... lanes) {
    while (take(queue, lanes) != null) {
      // the next
    }
  }

  @Test
  void newestOnlyKeepsOneAndGoesPastTheRest() {
    SubscribeOptions options = options(SlowConsumer.NEWEST_ONLY, 1);
    DeliveryQueue<String> queue = queue(options);
    Lane lane = new Lane("a", options, queue, context);
    for (int i = 0; i < 10; i++) {
      assertThat(lane.publishAndPut("k", "-", "l")).isTrue();
      assertThat(queue.messages()).isEqualTo(1);
      assertThat(queue.bytes()).isEqualTo(FRAME_BYTES);
    }
    assertThat(lane.publishAndPut("x", "x")).isTrue();
    drain(queue, lane);
    assertThat(lane.delivered).containsExactly(30L);
    assertThat(lane.told).isEqualTo(lane.head);
    assertThat(lane.mailbox.stats().conflated()).isEqualTo(29);
    assertThat(lane.mailbox.stats().filtered()).isEqualTo(2);
    assertThat(queue.messages()).isZero();
    assertThat(queue.bytes()).isZero();
  }

  @Test
  void newestPerKeyKeepsOrderAndWhatHasNoKey() {
    SubscribeOptions options = options(SlowConsumer.NEWEST_PER_KEY, 4);
    DeliveryQueue<String> queue = queue(options);
    Lane lane = new Lane("a", options, queue, context);
    lane.publishAndPut("k", "l", "-");
    lane.publishAndPut("k", "x");
    lane.publishAndPut("k", "k");
    assertThat(lane.publishAndPut("m", "n")).as("no room for a fifth").isFalse();
    assertThat(lane.publishAndPut("l")).as("all waits until the refused was read").isFalse();
    drain(queue, lane);
    assertThat(lane.delivered).containsExactly(2L, 3L, 7L);
    assertThat(lane.roomAgain).hasValue(1);
    assertThat(lane.mailbox.stats().conflated()).isEqualTo(3);
    assertThat(lane.publishAndPut("m")).isTrue();
  }

  @Test
  void unwantedMessagesAloneTakeNoRoom() {
    SubscribeOptions options = options(SlowConsumer.NEWEST_PER_KEY, 1);
    DeliveryQueue<String> queue = queue(options);
    Lane one = new Lane("a", options, queue, context);
    Lane two = new Lane("b", options, queue, context);
    for (int i = 0; i < 100; i++) {
      assertThat(one.publishAndPut("x", "x")).isTrue();
      assertThat(two.publishAndPut("x")).isTrue();
    }
    int parcels = 0;
    while (take(queue, one, two) != null) {
      parcels++;
    }
    assertThat(parcels).isEqualTo(2);
    assertThat(one.told).isEqualTo(one.head);
    assertThat(two.told).isEqualTo(two.head);
  }

  @Test
  void gapsWithNothingBetweenAreOne() {
    for (SlowConsumer policy : SlowConsumer.values()) {
      SubscribeOptions options = options(policy, 10);
      DeliveryQueue<String> queue = queue(options);
      Lane lane = new Lane("a", options, queue, context);
      Position start = lane.head;
      lane.gap();
      lane.gap();
      lane.gap();
      lane.publishAndPut("k");
      drain(queue, lane);
      assertThat(lane.gaps).as("%s", policy).hasSize(1);
      assertThat(lane.gaps.get(0).from()).isEqualTo(start);
      assertThat(lane.delivered).containsExactly(16L);
    }
  }

  @Test
  void gapsDoNotPileUpBetweenMessagesThatAreReplaced() {
    SubscribeOptions options = options(SlowConsumer.NEWEST_ONLY, 10);
    DeliveryQueue<String> queue = queue(options);
    Lane lane = new Lane("a", options, queue, context);
    for (int i = 0; i < 1_000; i++) {
      lane.gap();
      lane.publishAndPut("k");
    }
    int parcels = 0;
    while (take(queue, lane) != null) {
      parcels++;
    }
    assertThat(parcels).isLessThanOrEqualTo(3);
    assertThat(lane.told).isEqualTo(lane.head);
  }

  @Test
  void theBoundsHoldOverAllChannelsAndAllGetRoomAgain() {
    SubscribeOptions options =
        SubscribeOptions.fromNow().queueLimit(1_000).queueBytes(10 * FRAME_BYTES + 1_000);
    DeliveryQueue<String> queue = queue(options);
    Lane one = new Lane("a", options, queue, context);
    Lane two = new Lane("b", options, queue, context);
    int taken = 0;
    while (one.publishAndPut("k")) {
      taken++;
    }
    assertThat(taken).isEqualTo(20);
    assertThat(two.publishAndPut("k")).isFalse();
    assertThat(take(queue, one, two)).isNotNull();
    assertThat(two.publishAndPut("k")).as("not before the other is served, too").isFalse();
    drain(queue, one, two);
    assertThat(one.roomAgain).hasValue(1);
    assertThat(two.roomAgain).hasValue(1);
    assertThat(ready).hasValue(1);
    assertThat(two.publishAndPut("k")).isTrue();
    assertThat(ready).hasValue(2);
  }

  @Test
  void aDisconnectIsTheEndAndSaidOnce() {
    SubscribeOptions options = options(SlowConsumer.DISCONNECT, 2);
    DeliveryQueue<String> queue = queue(options);
    Lane lane = new Lane("a", options, queue, context);
    lane.publishAndPut("k");
    Parcel<String> first = queue.next(null);
    queue.disconnect();
    queue.disconnect();
    assertThat(lane.publishAndPut("k")).as("nobody waits for room any more").isTrue();
    assertThat(queue.next(first)).isNull();
    assertThat(queue.takeEnd()).isTrue();
    assertThat(queue.takeEnd()).isFalse();
    assertThat(queue.messages()).isZero();
  }

  @Test
  void theEndIsNotForWhoHasLeftWhileAnotherStillHandsOver() {
    SubscribeOptions options = options(SlowConsumer.DISCONNECT, 2);
    DeliveryQueue<String> queue = queue(options);
    Lane lane = new Lane("a", options, queue, context);
    assertThat(queue.next(null)).as("one thread is about to leave").isNull();
    lane.publishAndPut("k");
    Parcel<String> first = queue.next(null);
    assertThat(first).as("another has begun").isNotNull();
    queue.disconnect();
    assertThat(queue.takeEndWhenIdle()).as("the first looks whether this is the end").isFalse();
    assertThat(queue.next(first)).isNull();
    assertThat(queue.takeEndWhenIdle()).isTrue();
    assertThat(queue.takeEndWhenIdle()).isFalse();
  }

  @Test
  void joinedGapsTellTheWorstOfTheirReasons() {
    Position one = new Position("e", 9, "n9");
    Position two = new Position("e", 4, "n4");
    Position three = new Position("e", 900, "n900");
    for (SlowConsumer policy : List.of(SlowConsumer.REPAIR, SlowConsumer.NEWEST_ONLY)) {
      SubscribeOptions options = options(policy, 2);
      DeliveryQueue<String> queue = queue(options);
      Lane lane = new Lane("a", options, queue, context);
      lane.mailbox.put(new Gap("c", one, two, GapReason.ROLLED_BACK));
      lane.mailbox.put(new Gap("c", two, three, GapReason.TOO_FAR));
      Parcel<String> joined = requireNonNull(queue.next(null));
      assertThat(joined.gap()).isEqualTo(new Gap("c", one, three, GapReason.ROLLED_BACK));
    }
  }

  @Test
  void gapsOfSeveralChannelsInTurnDoNotPileUp() {
    for (SlowConsumer policy : List.of(SlowConsumer.REPAIR, SlowConsumer.NEWEST_ONLY)) {
      SubscribeOptions options = options(policy, 10);
      DeliveryQueue<String> queue = queue(options);
      Lane a = new Lane("a", options, queue, context);
      Lane b = new Lane("b", options, queue, context);
      b.publishAndPut("k");
      for (int i = 0; i < 1_000; i++) {
        a.gap();
        b.gap();
      }
      drain(queue, a, b);
      assertThat(a.gaps).as("%s", policy).hasSize(1);
      assertThat(b.gaps).as("%s", policy).hasSize(1);
      assertThat(a.gaps.get(0).resumesAt()).isEqualTo(a.head);
      assertThat(b.gaps.get(0).resumesAt()).isEqualTo(b.head);
      assertThat(b.delivered).as("the message came before the gap").containsExactly(1L);
    }
  }

  @RepeatedTest(200)
  void whateverIsLeftOutIsReplacedByWhatComesLater() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    SlowConsumer policy =
        random.nextBoolean() ? SlowConsumer.NEWEST_PER_KEY : SlowConsumer.NEWEST_ONLY;
    int limit = 1 + random.nextInt(20);
    SubscribeOptions options = options(policy, limit);
    DeliveryQueue<String> queue = queue(options);
    Lane[] lanes = {new Lane("a", options, queue, context), new Lane("b", options, queue, context)};
    for (int step = 0; step < 300; step++) {
      Lane lane = lanes[random.nextInt(2)];
      int what = random.nextInt(10);
      if (what < 6) {
        String[] keys = new String[1 + random.nextInt(6)];
        for (int i = 0; i < keys.length; i++) {
          keys[i] = List.of("k", "l", "m", "n", "-", "x").get(random.nextInt(6));
        }
        lane.publishAndPut(keys);
      } else if (what < 9) {
        take(queue, lanes);
      } else {
        lane.gap();
      }
      assertThat(queue.messages()).as("seed %d", seed).isLessThanOrEqualTo(Math.max(limit, 6));
    }
    drain(queue, lanes);
    for (Lane lane : lanes) {
      assertThat(lane.delivered).as("seed %d", seed).isSorted().doesNotHaveDuplicates();
      assertReplaced(lane, policy, seed);
    }
    assertThat(queue.messages()).isZero();
    assertThat(queue.bytes()).isZero();
  }

  private static void assertReplaced(Lane lane, SlowConsumer policy, long seed) {
    long counted = 0;
    for (Map.Entry<Long, FrameMessage> taken : lane.taken.entrySet()) {
      FrameMessage message = taken.getValue();
      if (!message.type().equals("wanted") || lane.delivered.contains(taken.getKey())) {
        continue;
      }
      counted++;
      assertThat(lane.delivered)
          .as("seed %d, left out: %d %s", seed, taken.getKey(), message.key())
          .anyMatch(
              later ->
                  later > taken.getKey()
                      && (policy == SlowConsumer.NEWEST_ONLY
                          || (message.key() != null
                              && message
                                  .key()
                                  .equals(requireNonNull(lane.taken.get(later)).key()))));
    }
    assertThat(lane.mailbox.stats().conflated()).as("seed %d", seed).isEqualTo(counted);
  }
}
