package dev.tandem.hybrid.internal.numbered;

import dev.tandem.hybrid.internal.send.Outgoing;

/**
 * A message as it goes to the server.
 *
 * <p>Thread safety: immutable.
 */
public final class EncodedMessage {
  private final Outgoing outgoing;

  EncodedMessage(Outgoing outgoing) {
    this.outgoing = outgoing;
  }

  Outgoing outgoing() {
    return outgoing;
  }

  /** About how large it is. */
  public int bytes() {
    return outgoing.bytes();
  }
}
