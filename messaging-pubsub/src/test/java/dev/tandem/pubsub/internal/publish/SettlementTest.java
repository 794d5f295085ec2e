package dev.tandem.pubsub.internal.publish;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.codahale.metrics.MetricRegistry;
import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.frame.FrameBody;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.pubsub.internal.frame.OutgoingMessage;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What becomes of the calls of one round by their replies, taken one after the other. */
class SettlementTest {
  private static final Tenant TENANT = Tenant.of("acme");
  private static final Channel<String> BOARD = Channel.of("board", Serde.string());
  private static final long ROUND = 1;

  private final MessagingException busy =
      new ServerErrorException(ErrorCode.SERVER_BUSY, true, "BUSY", null);
  private final Random random = new Random(1);
  private final Lanes lanes = new Lanes(new Nonces(random));
  private final Settlement settlement =
      new Settlement(
          lanes,
          new Resending(RetryPolicy.fixed(Duration.ofMinutes(1)), random),
          new Outcomes(new BusMetrics(new MetricRegistry()), Clock.systemUTC(), null, "bus"),
          new Foresight());

  private PendingPublish added(Channel<String> channel, String id) {
    PendingPublish message =
        new PendingPublish(
            TENANT,
            channel,
            KeyLayout.plain().channel(TENANT, channel.name()),
            MessageId.of(id),
            OutgoingMessage.of(id, Message.of("test", id), id.getBytes(UTF_8), false),
            id.length(),
            "test",
            null);
    lanes.add(message);
    return message;
  }

  /** Fills the frame of the one before. */
  private void addedBehind(int messages) {
    for (int i = 0; i < messages; i++) {
      added(BOARD.fleeting(), "filler-" + i);
    }
  }

  private List<Call> sent() {
    return lanes.due(System.nanoTime()).stream().map(Lanes.Try::call).toList();
  }

  @Test
  void aFleetingMessageThatWouldComeOutOfOrderIsGivenUp() {
    PendingPublish refused = added(BOARD.fleeting(), "refused");
    addedBehind(FrameBody.MAX_MESSAGES - 1);
    PendingPublish published = added(BOARD.fleeting(), "published");
    List<Call> round = sent();

    settlement.settle(round.get(0), busy, ROUND);
    assertThat(refused.receipt()).as("sent again, so far").isNotDone();
    settlement.settle(round.get(1), 0L, ROUND);

    assertThat(published.receipt()).isCompleted();
    assertThat(refused.receipt()).isCompletedExceptionally();
    assertThatThrownBy(() -> refused.receipt().join()).hasCause(busy);
    assertThat(lanes.any()).isNull();
  }

  @Test
  void aFleetingMessageIsNotSentAgainBehindOneThatMayHaveArrived() {
    PendingPublish refused = added(BOARD.fleeting(), "refused");
    addedBehind(FrameBody.MAX_MESSAGES - 1);
    PendingPublish unanswered = added(BOARD.fleeting(), "unanswered");
    List<Call> round = sent();

    settlement.settle(round.get(0), busy, ROUND);
    settlement.settle(round.get(1), new OutcomeUnknownException("no reply", null), ROUND);

    assertThat(unanswered.receipt()).isCompletedExceptionally();
    assertThat(refused.receipt()).isCompletedExceptionally();
    assertThatThrownBy(() -> refused.receipt().join()).hasCause(busy);
    assertThat(lanes.any()).isNull();
  }

  @Test
  void aFleetingMessageThatWasRefusedWaitsForAnotherTryWhileNothingComesBehindIt() {
    PendingPublish refused = added(BOARD.fleeting(), "refused");
    Channel<String> other = BOARD.named("other");
    PendingPublish published = added(other, "published");
    List<Call> round = sent();

    settlement.settle(round.get(0), busy, ROUND);
    settlement.settle(round.get(1), List.of("e".getBytes(UTF_8), 1L, 0L), ROUND);

    assertThat(published.receipt()).isCompleted();
    assertThat(refused.receipt()).isNotDone();
    assertThat(lanes.any()).isSameAs(round.get(0));
  }
}
