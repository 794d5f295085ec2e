package dev.tandem.hybrid;

import static dev.tandem.hybrid.HybridStage.BOTH;
import static dev.tandem.hybrid.HybridStage.CHANNEL;
import static dev.tandem.hybrid.HybridStage.STREAM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random histories, and subscribers that come and go in them. The model is the list of what was
 * published to the channel, in order: each subscriber gets it from where it began, and where
 * something is missing it was told, and somebody removed it.
 */
@RedisTest
@Timeout(120)
class HybridSubscriptionModelIT {
  private static final int STEPS = 250;

  private final long seed = Long.getLong("tandem.seed", new Random().nextLong());
  private final Random random = new Random(seed);
  private final List<String> model = new ArrayList<>();
  private final List<Subscriber> subscribers = new ArrayList<>();

  /** One that may be away; counts for the model from where it first began. */
  private final class Subscriber {
    final Viewer viewer = new Viewer();
    final int begin;
    final String how;
    private final HybridSubscribeOptions first;
    private @Nullable HybridSubscription open;

    Subscriber(HybridStage stage, @Nullable HybridReceipt last) {
      begin = model.size();
      HybridSubscribeOptions options;
      if (last == null) {
        options = HybridSubscribeOptions.fromBeginning();
      } else if (random.nextBoolean()) {
        options = HybridSubscribeOptions.from(Objects.requireNonNull(last.position()));
      } else {
        options = HybridSubscribeOptions.after(MessageId.of(last.id().value()));
      }
      first = options;
      how = options.startId() + " " + options.startPosition();
      open = stage.watch(options, viewer);
    }

    void goOrComeBack(HybridStage stage) {
      HybridSubscription present = open;
      if (present != null) {
        present.close();
        await().atMost(Duration.ofSeconds(30)).until(() -> isSettled(present));
        if (present.position() != null) {
          left = present.position();
          open = null;
        } else {
          open = stage.watch(first, viewer);
        }
      } else {
        open = stage.watch(HybridSubscribeOptions.from(Objects.requireNonNull(left)), viewer);
      }
    }

    private @Nullable Position left;

    /** Whether the call that may have been under way when it was closed is done. */
    private boolean isSettled(HybridSubscription closed) {
      Position last = viewer.last();
      Position at = closed.position();
      List<String> events = viewer.events();
      return last == null
          || (at != null
              && (at.equals(last) || Character.isLetter(events.get(events.size() - 1).charAt(0))));
    }

    void comeBack(HybridStage stage) {
      if (open == null) {
        goOrComeBack(stage);
      }
    }
  }

  private HybridReceipt publish(HybridStage stage, int count, Route<String> route) {
    List<HybridReceipt> receipts =
        random.nextInt(4) == 0 ? stage.publishTogether(count, route) : stage.publish(count, route);
    if (route != STREAM) {
      for (int i = count; i > 0; i--) {
        model.add(Integer.toString(stage.published() - i));
      }
    }
    return receipts.get(count - 1);
  }

  private void watchOrMove(HybridStage stage, HybridReceipt last) {
    if (subscribers.size() < 6 && random.nextInt(3) == 0) {
      subscribers.add(new Subscriber(stage, last));
    } else {
      subscribers.get(random.nextInt(subscribers.size())).goOrComeBack(stage);
    }
  }

  private void finish(HybridStage stage, FaultProxy proxy) {
    proxy.heal();
    subscribers.forEach(subscriber -> subscriber.comeBack(stage));
    publish(stage, 1, BOTH);
    String last = model.get(model.size() - 1);
    for (Subscriber subscriber : subscribers) {
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(subscriber.viewer.payloads()).contains(last));
      assertThat(subscriber.viewer.overlapped()).isFalse();
    }
  }

  @Test
  void nothingIsMissingAsLongAsTheStreamIsNotTrimmed(
      RedisServer server, FaultProxy proxy, @UniqueTenant String name) {
    System.out.println("HybridSubscriptionModelIT seed " + seed);
    try (HybridStage stage = new HybridStage(server, name, proxy.url())) {
      subscribers.add(new Subscriber(stage, null));
      HybridReceipt last = publish(stage, 1, BOTH);
      for (int step = 0; step < STEPS; step++) {
        switch (random.nextInt(12)) {
          case 0, 1, 2, 3 -> last = publish(stage, 1 + random.nextInt(40), BOTH);
          case 4 -> publish(stage, 1 + random.nextInt(40), STREAM);
          case 5 -> stage.loseLog();
          case 6 -> server.execute("DEL", stage.channel + ":buffer");
          case 7 -> proxy.reset();
          default -> watchOrMove(stage, last);
        }
      }
      finish(stage, proxy);
      for (Subscriber subscriber : subscribers) {
        assertThat(subscriber.viewer.events())
            .as("seed %d", seed)
            .isEqualTo(model.subList(subscriber.begin, model.size()));
      }
    }
  }

  @Test
  void whatIsMissingWasRemovedAndTold(
      RedisServer server, FaultProxy proxy, @UniqueTenant String name) {
    System.out.println("HybridSubscriptionModelIT seed " + seed);
    Map<String, String> idsInStream = new LinkedHashMap<>();
    try (HybridStage stage = new HybridStage(server, name, proxy.url())) {
      subscribers.add(new Subscriber(stage, null));
      HybridReceipt last = publish(stage, 1, BOTH);
      for (int step = 0; step < STEPS; step++) {
        switch (random.nextInt(12)) {
          case 0, 1, 2, 3 -> {
            last = publish(stage, 1 + random.nextInt(40), BOTH);
            idsInStream.put(last.id().value(), model.get(model.size() - 1));
          }
          case 4 -> publish(stage, 1 + random.nextInt(5), CHANNEL);
          case 5 -> server.execute("XTRIM", stage.stream, "MAXLEN", "" + random.nextInt(200));
          case 6 -> {
            if (random.nextInt(4) == 0) {
              server.execute("DEL", stage.channel + ":buffer");
            }
          }
          case 7 -> proxy.reset();
          case 8 -> {
            if (!idsInStream.isEmpty() && random.nextBoolean()) {
              List<String> ids = List.copyOf(idsInStream.keySet());
              server.execute("XDEL", stage.stream, ids.get(random.nextInt(ids.size())));
            }
          }
          default -> {
            last = publish(stage, 1, BOTH); // whoever begins with an id begins with one of both
            watchOrMove(stage, last);
          }
        }
      }
      finish(stage, proxy);
      subscribers.forEach(this::check);
    }
  }

  /** In order, none twice, and at each hole a gap. */
  private void check(Subscriber subscriber) {
    int next = subscriber.begin;
    boolean told = subscriber == subscribers.get(0); // began with what was there when it looked
    String story = subscriber.how + " " + subscriber.begin + " " + subscriber.viewer.events();
    for (String event : subscriber.viewer.events()) {
      if (Character.isLetter(event.charAt(0))) {
        told = true;
        continue;
      }
      int at = model.indexOf(event);
      assertThat(at).as("order at %s, seed %d", event, seed).isGreaterThanOrEqualTo(next);
      if (at > next) {
        assertThat(told).as("hole before %s, seed %d: %s", event, seed, story).isTrue();
      }
      told = false;
      next = at + 1;
    }
    assertThat(next).isEqualTo(model.size());
  }
}
