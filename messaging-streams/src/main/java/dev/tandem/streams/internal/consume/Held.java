package dev.tandem.streams.internal.consume;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.internal.Require;
import dev.tandem.streams.DeadLetterReason;
import dev.tandem.streams.HeldDelivery;
import dev.tandem.streams.Settlement;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.entry.DeadLetterFormat;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What the caller of a poll sees of a lease, and settles it by. */
final class Held<T> implements HeldDelivery<T> {
  private enum Phase {
    OPEN,
    SETTLING,
    SETTLED
  }

  private final ConsumerCore core;
  private final Lane lane;
  private final Lease lease;
  private final StreamTopic<T> topic;
  private final Message<T> message;
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.OPEN);

  /** What was asked for when a reply was lost; guarded by the phase. */
  private Request.@Nullable Wish unanswered;

  Held(ConsumerCore core, Lane lane, Lease lease, StreamTopic<T> topic, Message<T> message) {
    this.core = core;
    this.lane = lane;
    this.lease = lease;
    this.topic = topic;
    this.message = message;
  }

  ConsumerCore core() {
    return core;
  }

  Lane lane() {
    return lane;
  }

  Lease lease() {
    return lease;
  }

  /** Makes sure that nobody else settles it meanwhile, and says what is to be asked for. */
  Request begin(Request.Wish wish) {
    if (!phase.compareAndSet(Phase.OPEN, Phase.SETTLING)) {
      throw new IllegalStateException(
          this
              + (phase.get() == Phase.SETTLED
                  ? " was settled before"
                  : " is being settled by another call"));
    }
    Request request = new Request(lane, lease, wish);
    request.perhapsDone = unanswered != null && unanswered.getClass() == wish.getClass();
    return request;
  }

  /** Says what has come of it: settled, or to be settled again. */
  void end(Request request, boolean settled) {
    unanswered = request.perhapsDone ? request.wish : unanswered;
    phase.set(settled ? Phase.SETTLED : Phase.OPEN);
  }

  /** It was not asked for at all. */
  void notBegun() {
    phase.set(Phase.OPEN);
  }

  @Override
  public Settlement ack() {
    return core.verbs().settle(this, new Request.Acknowledge());
  }

  @Override
  public CompletableFuture<Settlement> ackAsync() {
    return core.verbs().acknowledgeLater(this);
  }

  @Override
  public Settlement retry() {
    return core.verbs().settle(this, core.afterFailure(lease, ""));
  }

  @Override
  public Settlement retry(Duration delay) {
    Require.inRange("retry delay", delay, Duration.ZERO, RetryPolicy.LONGEST_DELAY);
    return core.verbs().settle(this, new Request.Retry(delay));
  }

  @Override
  public Settlement reject(String reason) {
    String text = Require.notNull("reason", reason);
    int most = DeadLetterFormat.LONGEST_ERROR;
    String kept = text.length() > most ? text.substring(0, most) : text;
    return core.verbs().settle(this, new Request.Bury(DeadLetterReason.REJECTED, kept));
  }

  @Override
  public boolean extend() {
    return core.verbs().extend(this);
  }

  @Override
  public boolean isSettled() {
    return phase.get() != Phase.OPEN;
  }

  @Override
  public MessageId id() {
    return MessageId.of(lease.messageId().toString());
  }

  @Override
  public Message<T> message() {
    return message;
  }

  @Override
  public Tenant tenant() {
    return lease.stream().tenant();
  }

  @Override
  public StreamTopic<T> topic() {
    return topic;
  }

  @Override
  public String group() {
    return lease.stream().group();
  }

  @Override
  public long deliveries() {
    return lease.deliveries();
  }

  @Override
  public boolean isRedelivery() {
    return lease.deliveries() > 1 || lease.stream().isReplay();
  }

  @Override
  public boolean isLeaseLost() {
    return lease.isLost();
  }

  @Override
  public Instant publishedAt() {
    return lease.messageId().time();
  }

  @Override
  public String toString() {
    return "Delivery[" + lease + "]";
  }
}
