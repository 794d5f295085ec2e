package dev.tandem.pubsub.internal.publish;

import dev.tandem.api.error.MessagingException;
import dev.tandem.tenant.internal.quota.QuotaGate;
import org.jspecify.annotations.Nullable;

/**
 * Asks whether tenants' quotas allow what is to be published. Messages for one channel that stand
 * together are asked for together.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class Admission {
  private final QuotaGate gate;

  Admission(QuotaGate gate) {
    this.gate = gate;
  }

  /**
   * Why this may not be published, or null; of several messages, why all of them may not: then none
   * has taken anything.
   */
  @Nullable MessagingException refusal(Outgoing entry) {
    int taken = 0;
    for (OutgoingFrame frame : entry.frames()) {
      int largest = 0;
      for (PendingPublish message : frame.messages()) {
        largest = Math.max(largest, message.payloadBytes());
      }
      PendingPublish first = frame.first();
      MessagingException why =
          gate.channel(
              first.tenant(),
              first.keys(),
              first.channel().name(),
              first.channel().isRecoverable(),
              frame.messages().size(),
              largest);
      if (why != null) {
        gate.putBack(first.tenant(), taken);
        gate.refused(why, entry.frames().stream().mapToInt(each -> each.messages().size()).sum());
        return why;
      }
      taken += frame.messages().size();
    }
    return null;
  }
}
