package dev.tandem.hybrid.internal.send;

import dev.tandem.hybrid.internal.wire.Destination;
import java.util.ArrayList;
import java.util.List;

/** Messages for the same places that go out in one script call, as one frame for each channel. */
final class Bundle {
  private final List<Outgoing> messages = new ArrayList<>();
  private int bytes;

  Bundle(Outgoing first) {
    add(first);
  }

  void add(Outgoing next) {
    messages.add(next);
    bytes += next.bytes();
  }

  /** Whether one more message for places of which this is the latest bundle may join. */
  boolean takes(Outgoing next, int maxMessages, int maxBytes) {
    Destination destination = messages.get(0).destination();
    long bound = destination.mostEntries();
    return messages.size() < (bound == 0 ? maxMessages : Math.min(maxMessages, bound))
        && bytes + next.bytes() <= maxBytes
        && destination.equals(next.destination());
  }

  List<Outgoing> messages() {
    return messages;
  }
}
