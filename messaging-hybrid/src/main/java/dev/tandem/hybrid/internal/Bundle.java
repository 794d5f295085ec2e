package dev.tandem.hybrid.internal;

import java.util.ArrayList;
import java.util.List;

/** Messages for one stream and one channel that go out in one script call, as one frame. */
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

  boolean takes(Outgoing next, int maxMessages, int maxBytes) {
    return messages.size() < maxMessages
        && bytes + next.bytes() <= maxBytes
        && messages.get(0).channel().equals(next.channel());
  }

  Outgoing first() {
    return messages.get(0);
  }

  List<Outgoing> messages() {
    return messages;
  }
}
