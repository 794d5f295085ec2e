package dev.tandem.hybrid.internal.send;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Message;
import dev.tandem.api.serde.Serde;
import dev.tandem.hybrid.FixedRoute;
import dev.tandem.hybrid.Route;
import dev.tandem.hybrid.internal.wire.Destination.Place;
import dev.tandem.pubsub.Channel;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BundlesTest {
  private static final Tenant ACME = Tenant.of("acme");
  private static final OutgoingFactory FACTORY = new OutgoingFactory("here");

  private static final List<StreamTopic<String>> TOPICS =
      List.of(StreamTopic.of("a", Serde.string()), StreamTopic.of("b", Serde.string()));
  private static final List<Channel<String>> CHANNELS =
      List.of(
          Channel.of("x", Serde.string()),
          Channel.of("y", Serde.string()),
          Channel.of("z", Serde.string()).fleeting());

  @Test
  void messagesOfOneRouteShareABundle() {
    List<Outgoing> batch = List.of(message(0, 0), message(0, 0), message(0, 0));

    assertThat(Bundles.of(batch, 64, 1 << 20)).hasSize(1);
  }

  @Test
  void aBundleEndsAtItsLimits() {
    List<Outgoing> batch = List.of(message(0, 0), message(0, 0), message(0, 0));

    assertThat(Bundles.of(batch, 2, 1 << 20)).hasSize(2);
    assertThat(Bundles.of(batch, 64, batch.get(0).bytes() * 2)).hasSize(2);
    assertThat(Bundles.of(batch, 64, 1)).hasSize(3);
  }

  @Test
  void channelsOfOneNameButOtherRetentionDoNotShare() {
    FixedRoute<String> other =
        Route.toStream(TOPICS.get(0)).andChannel(Channel.of("x", Serde.string()).fleeting());
    List<Outgoing> batch = List.of(message(0, 0), FACTORY.of(ACME, Message.of("t", "p"), other));

    assertThat(Bundles.of(batch, 64, 1 << 20)).hasSize(2);
  }

  @Test
  void whateverTheMixOrderHoldsOnEveryStreamAndChannel() {
    long seed = new Random().nextLong();
    System.out.println("BundlesTest seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      List<Outgoing> batch = new ArrayList<>();
      for (int i = random.nextInt(60); i >= 0; i--) {
        batch.add(anyMessage(random));
      }
      List<Outgoing> sent = new ArrayList<>();
      Bundles.of(batch, 1 + random.nextInt(5), 1 << 20)
          .forEach(bundle -> sent.addAll(bundle.messages()));

      assertThat(sent).as("seed %s", seed).hasSameSizeAs(batch);
      assertThat(byDestination(sent)).as("seed %s", seed).isEqualTo(byDestination(batch));
    }
  }

  @Test
  void thePayloadIsEncodedOnceForBothHalvesOnlyIfTheSerdeIsTheSame() {
    Set<String> written = new HashSet<>();
    Serde<String> counting = new RecordingSerde(written);
    FixedRoute<String> same =
        Route.toStream(StreamTopic.of("a", counting)).andChannel(Channel.of("x", counting));

    FACTORY.of(ACME, Message.of("t", "p"), same);

    assertThat(written).containsExactly("1");
  }

  private static Map<Place, List<Outgoing>> byDestination(List<Outgoing> messages) {
    Map<Place, List<Outgoing>> map = new HashMap<>();
    for (Outgoing message : messages) {
      for (Place place : message.destination().places()) {
        map.computeIfAbsent(place, k -> new ArrayList<>()).add(message);
      }
    }
    return map;
  }

  private static Outgoing message(int topic, int channel) {
    return FACTORY.of(
        ACME,
        Message.of("t", "p"),
        Route.toStream(TOPICS.get(topic)).andChannel(CHANNELS.get(channel)));
  }

  /** A route of any shape: a stream or none, and some of the channels. */
  private static Outgoing anyMessage(Random random) {
    FixedRoute<String> route = null;
    if (random.nextBoolean()) {
      route = Route.toStream(TOPICS.get(random.nextInt(TOPICS.size())));
    }
    for (Channel<String> channel : CHANNELS) {
      if (random.nextInt(3) == 0 || (route == null && channel == CHANNELS.get(2))) {
        route = route == null ? Route.toChannel(channel) : route.andChannel(channel);
      }
    }
    return FACTORY.of(ACME, Message.of("t", "p"), Objects.requireNonNull(route));
  }
}
