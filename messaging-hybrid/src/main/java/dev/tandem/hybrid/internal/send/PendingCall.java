package dev.tandem.hybrid.internal.send;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.hybrid.internal.wire.PublishCall;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call whose outcome is not known, and how far it has come.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class PendingCall {
  private final PublishCall call;
  private final List<Outgoing> messages;
  private int tries;
  private int failures;
  private boolean awaited;
  private boolean maybeDone;
  private boolean settled;
  private @Nullable MessagingException trouble;

  PendingCall(PublishCall call, List<Outgoing> messages) {
    this.call = call;
    this.messages = messages;
  }

  PublishCall call() {
    return call;
  }

  /** The messages, in order. */
  List<Outgoing> messages() {
    return messages;
  }

  Outgoing first() {
    return messages.get(0);
  }

  /**
   * Whether another call may be sent before its reply is there: no part of it will have to be sent
   * again, or the server keeps the order.
   */
  boolean mayBeFollowed() {
    return call.isRemembered() || call.destination().mostEntries() == 0;
  }

  boolean isSent() {
    return tries > 0;
  }

  /** It is sent, now for the first time or again. */
  void sent() {
    tries++;
    awaited = true;
  }

  /** How often it was sent. */
  int tries() {
    return tries;
  }

  /** Whether its reply is awaited. */
  boolean isAwaited() {
    return awaited;
  }

  /** Its reply is there, or will never be. */
  void answered() {
    awaited = false;
  }

  /** A try failed like this. */
  void failed(MessagingException why) {
    trouble = why;
    failures++;
    maybeDone |= why.code() == ErrorCode.OUTCOME_UNKNOWN;
  }

  /** How many tries failed. */
  int failures() {
    return failures;
  }

  /** Why it was not published so far, or null. */
  @Nullable MessagingException trouble() {
    return trouble;
  }

  /** Whether a try of it may have been executed. */
  boolean maybeDone() {
    return maybeDone;
  }

  boolean isSettled() {
    return settled;
  }

  void settled() {
    settled = true;
  }
}
