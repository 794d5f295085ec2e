package dev.tandem.hybrid.internal.send;

import dev.tandem.hybrid.internal.wire.PublishCall;
import dev.tandem.pubsub.internal.frame.Nonces;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes calls of messages, and numbers them.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
public final class Calls {
  private final CallMaker maker;
  private final String publisher;
  private final boolean remembered;
  private long last;

  /**
   * Calls of a publisher that nobody knows yet.
   *
   * @param instanceId what the frames say they come from
   * @param remembered whether the server is to know calls again
   */
  public Calls(String instanceId, Nonces nonces, boolean remembered) {
    this.maker = new CallMaker(instanceId, nonces);
    this.publisher = nonces.next() + nonces.next();
    this.remembered = remembered;
  }

  /** The calls that messages of one tenant make, in order. */
  List<PendingCall> of(List<Outgoing> messages) {
    List<PendingCall> calls = new ArrayList<>();
    for (List<Outgoing> bundle : CallMaker.bundles(messages)) {
      calls.add(new PendingCall(call(remembered ? ++last : 0, bundle), bundle));
    }
    return calls;
  }

  /** The same call with fewer messages; it must not have been executed. */
  PendingCall shortened(PendingCall call, List<Outgoing> messages) {
    return new PendingCall(call(call.call().number(), messages), messages);
  }

  private PublishCall call(long number, List<Outgoing> messages) {
    return maker.call(publisher, number, messages);
  }
}
