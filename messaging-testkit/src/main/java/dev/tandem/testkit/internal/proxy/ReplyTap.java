package dev.tandem.testkit.internal.proxy;

import dev.tandem.testkit.internal.resp.RespFramer;
import dev.tandem.testkit.internal.resp.RespFramer.NotRespException;
import java.nio.ByteBuffer;
import java.util.Locale;

/**
 * Listens to the requests and replies of one connection, and keeps back the reply that is to be
 * lost.
 *
 * <p>Which reply belongs to which request is found by counting: Redis answers in order, and one
 * reply for each request. Where that does not hold (subscribe mode of RESP2, MONITOR, CLIENT REPLY,
 * replication, another protocol) the tap lets everything pass from then on.
 */
final class ReplyTap {

  private enum State {
    COUNTING,
    DROPPING,
    DROPPED,
    BLIND
  }

  private final DropRules rules;
  private final RespFramer requests = new RespFramer();
  private final RespFramer replies = new RespFramer();
  private State state = State.COUNTING;
  private DropRules.Fate fate = DropRules.Fate.DELIVERED;
  private boolean resp3;
  private boolean dropsPush;
  private long unanswered;

  ReplyTap(DropRules rules) {
    this.rules = rules;
  }

  /** Whether the reply has come and been swallowed. */
  boolean dropped() {
    return state == State.DROPPED;
  }

  /** Whether the connection is to be reset after that, or ended in order. */
  boolean resets() {
    return fate == DropRules.Fate.LOST_AND_RESET;
  }

  /**
   * The bytes of the client that go on to the server: none behind a request whose reply is lost.
   */
  ByteBuffer fromClient(ByteBuffer data) {
    if (state == State.DROPPING || state == State.DROPPED) {
      return ByteBuffer.allocate(0);
    }
    int start = data.position();
    try {
      while (state == State.COUNTING && requests.advance(data)) {
        request(requests.text());
      }
    } catch (NotRespException e) {
      state = State.BLIND;
    }
    return copy(data, start, state == State.DROPPING ? data.position() : data.limit());
  }

  private void request(String text) {
    String upper = text.substring(0, Math.min(32, text.length())).toUpperCase(Locale.ROOT) + " ";
    String name = upper.substring(0, upper.indexOf(' '));
    if (name.isEmpty()) {
      return;
    }
    boolean subscribes = name.endsWith("SUBSCRIBE");
    fate = rules.take(text);
    if (fate != DropRules.Fate.DELIVERED) {
      state = State.DROPPING;
      dropsPush = resp3 && subscribes;
      return;
    }
    if (upper.startsWith("HELLO 3 ")) {
      resp3 = true;
    }
    boolean uncountable =
        (subscribes && !resp3)
            || name.equals("MONITOR")
            || name.endsWith("SYNC")
            || upper.startsWith("CLIENT REPLY ");
    if (uncountable) {
      state = State.BLIND;
    } else if (!subscribes) {
      unanswered++;
    }
  }

  /** The bytes of the server that go on to the client: none of the reply that is lost. */
  ByteBuffer fromServer(ByteBuffer data) {
    if (state == State.BLIND) {
      return copy(data, data.position(), data.limit());
    }
    ByteBuffer passed = ByteBuffer.allocate(data.remaining());
    int start = data.position();
    try {
      while (data.hasRemaining() && state != State.DROPPED) {
        start = data.position();
        boolean complete = replies.advance(data);
        boolean push = replies.first() == '>';
        boolean lost = state == State.DROPPING && unanswered == 0 && push == dropsPush;
        if (!lost) {
          passed.put(data.slice(start, data.position() - start));
        }
        if (complete) {
          replied(push, lost);
        }
      }
    } catch (NotRespException e) {
      state = State.BLIND;
      passed.put(data.slice(start, data.limit() - start));
    }
    return passed.flip();
  }

  private void replied(boolean push, boolean lost) {
    if (lost) {
      state = State.DROPPED;
    } else if (!push && unanswered > 0) {
      unanswered--;
    }
  }

  private static ByteBuffer copy(ByteBuffer data, int from, int to) {
    ByteBuffer copy = ByteBuffer.allocate(to - from).put(data.slice(from, to - from)).flip();
    data.position(data.limit());
    return copy;
  }
}
