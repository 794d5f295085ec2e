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

  /** Why a message may not be published, or null: then it counts as under way. */
  @Nullable MessagingException refusal(Outgoing message) {
    Destination destination = message.destination();
    Tenant tenant = destination.tenant();
    for (Destination.Live channel : destination.channels()) {
      MessagingException why =
          gate.channel(
              tenant,
              layout.channel(tenant, channel.name()),
              channel.name(),
              channel.isRecoverable(),
              1,
              message.payloadBytes());
      if (why != null) {
        return why;
      }
    }
    String topic = destination.topic();
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
