package dev.tandem.hybrid.internal.send;

import dev.tandem.api.error.MessagingException;
import dev.tandem.hybrid.internal.wire.Destination;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.internal.quota.QuotaGate;
import org.jspecify.annotations.Nullable;

/**
 * Asks whether tenants' quotas allow what is to be published, at all its places.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
public final class Admission {
  private final QuotaGate gate;
  private final KeyLayout layout;

  /** Asks this gate. */
  public Admission(QuotaGate gate, KeyLayout layout) {
    this.gate = gate;
    this.layout = layout;
  }

  /**
   * Why a message may not be published, or null: then it counts as under way. What is refused at
   * one place has taken nothing at the others.
   */
  @Nullable MessagingException refusal(Outgoing message) {
    MessagingException why = refusalByStream(message);
    int taken = why == null && message.destination().topic() != null ? 1 : 0;
    for (Destination.Live channel : message.destination().channels()) {
      if (why != null) {
        break;
      }
      why = refusalBy(channel, message);
      taken += why == null ? 1 : 0;
    }
    if (why != null) {
      settled(message, false);
      gate.putBack(message.destination().tenant(), taken);
    }
    return why;
  }

  private @Nullable MessagingException refusalByStream(Outgoing message) {
    Tenant tenant = message.destination().tenant();
    String topic = message.destination().topic();
    if (topic == null) {
      return null;
    }
    MessagingException why =
        gate.stream(
            tenant,
            layout.stream(tenant, topic),
            topic,
            1,
            message.entryBytes(),
            message.payloadBytes());
    message.admitted(why == null);
    return why;
  }

  private @Nullable MessagingException refusalBy(Destination.Live channel, Outgoing message) {
    Tenant tenant = message.destination().tenant();
    return gate.channel(
        tenant,
        layout.channel(tenant, channel.name()),
        channel.name(),
        channel.isRecoverable(),
        1,
        message.payloadBytes());
  }

  /** The outcome of a message is known, as far as it ever will be. */
  void settled(Outgoing message, boolean isAppended) {
    Destination destination = message.destination();
    String topic = destination.topic();
    if (message.isAdmitted() && topic != null) {
      message.admitted(false);
      StreamKeys keys = layout.stream(destination.tenant(), topic);
      gate.settled(keys, 1, message.entryBytes(), isAppended);
    }
  }

  /** A message fails for this reason. */
  void refused(MessagingException why) {
    gate.refused(why, 1);
  }

  /** Nothing is to be done for now. */
  void rest() {
    gate.giveBack();
  }
}
