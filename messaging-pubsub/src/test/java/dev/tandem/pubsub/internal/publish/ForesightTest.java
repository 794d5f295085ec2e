package dev.tandem.pubsub.internal.publish;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.internal.frame.ForeseenHead;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.pubsub.internal.frame.OutgoingMessage;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.time.Clock;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ForesightTest {
  private static final Tenant TENANT = Tenant.of("acme");
  private static final Channel<String> BOARD = Channel.of("board", Serde.string());
  private static final long NOW = System.nanoTime();

  /** What {@code publish.lua} takes: digest, number of keys, four keys, eleven arguments. */
  private static final int WITHOUT_HEAD = 1 + 2 + 4 + 11;

  private final ChannelKeys keys = KeyLayout.plain().channel(TENANT, "board");
  private final Foresight foresight = new Foresight();

  private PendingPublish pending(int number, String payload) {
    String id = "i-" + number;
    return new PendingPublish(
        TENANT,
        BOARD,
        keys,
        MessageId.of(id),
        OutgoingMessage.of(id, Message.of("t", payload), payload.getBytes(UTF_8), false),
        payload.length(),
        "t",
        null);
  }

  private OutgoingFrame frame(String nonce, int messages) {
    OutgoingFrame frame = new OutgoingFrame(pending(1, "x"), nonce);
    for (int i = 2; i <= messages; i++) {
      frame.add(pending(i, "x"));
    }
    return frame;
  }

  private void appended(long version, String nonce, boolean wasWrong, OutgoingFrame... behind) {
    foresight.appended(keys.channel(), "e", version, nonce, wasWrong, List.of(behind));
  }

  private @Nullable ForeseenHead head() {
    return foresight.head(keys.channel(), NOW);
  }

  @Test
  void followsWhatIsOnItsWay() {
    foresight.serverTime(5_000, NOW);
    assertThat(head()).isNull();
    foresight.sent(keys.channel(), frame("a", 2));
    assertThat(head()).as("where it began is not known").isNull();
    appended(12, "a", false, frame("b", 3));
    assertThat(head()).isEqualTo(new ForeseenHead("e", 15, "b", 5_000));
    foresight.sent(keys.channel(), frame("c", 4));
    assertThat(foresight.head(keys.channel(), NOW + TimeUnit.MILLISECONDS.toNanos(70)))
        .isEqualTo(new ForeseenHead("e", 19, "c", 5_070));
    foresight.forget(keys.channel());
    assertThat(head()).isNull();
  }

  @Test
  void saysNothingForAWhileAfterItWasWrong() {
    appended(7, "a", true);
    for (int i = 1; i <= 64; i++) {
      assertThat(head()).as("call %d", i).isNull();
      appended(7 + i, "n" + i, false);
    }
    assertThat(head()).isNotNull();
  }

  @Test
  void knowsSoManyChannelsOnly() {
    appended(7, "a", false);
    for (int i = 0; i < 1_024; i++) {
      foresight.appended(
          KeyLayout.plain().channel(TENANT, "other-" + i).channel(), "e", 1, "n", false, List.of());
    }
    assertThat(head()).isNull();
  }

  @Test
  void aLargeFrameBehindOneThatWasAnsweredHasItsHead() {
    Lanes lanes = new Lanes(new Nonces(new Random(1)));
    Sender sender = new Sender("bus", "p", new Nonces(new Random(2)), Clock.systemUTC(), foresight);
    Call first = call(lanes, 1);
    assertThat(first.command(sender, 0).arguments()).hasSize(WITHOUT_HEAD);
    first.read(List.of("e".getBytes(UTF_8), 3L, 0L, 5_000L));
    lanes.remove(first);
    first.teach(foresight, lanes);

    Call second = call(lanes, 2);
    assertThat(second.command(sender, 0).arguments()).hasSize(WITHOUT_HEAD + 3);
  }

  private Call call(Lanes lanes, int number) {
    lanes.add(pending(number, "long".repeat(2_000)));
    return lanes.due(System.nanoTime()).get(0).call();
  }
}
