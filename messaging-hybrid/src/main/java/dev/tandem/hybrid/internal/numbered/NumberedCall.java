package dev.tandem.hybrid.internal.numbered;

import dev.tandem.hybrid.internal.wire.PublishCall;
import java.util.List;

/**
 * Messages that are published together, under a number by which the server knows them again; or the
 * end of all calls of numbers up to this one.
 *
 * <p>Thread safety: immutable.
 */
public final class NumberedCall {
  private final PublishCall call;
  private final List<EncodedMessage> messages;

  NumberedCall(PublishCall call, List<EncodedMessage> messages) {
    this.call = call;
    this.messages = List.copyOf(messages);
  }

  /** Its messages; none if it is the end of a line. */
  List<EncodedMessage> messages() {
    return messages;
  }

  PublishCall call() {
    return call;
  }

  /** Its number. */
  public long number() {
    return call.number();
  }

  /** About how large it is. */
  public long bytes() {
    return call.bytes();
  }
}
