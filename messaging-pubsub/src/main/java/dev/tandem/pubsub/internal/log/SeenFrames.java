package dev.tandem.pubsub.internal.log;

import dev.tandem.pubsub.internal.frame.Frame;
import java.util.LinkedHashMap;
import java.util.Map;

/** The nonces of the last frames, by version. */
final class SeenFrames {
  /** How many are remembered. */
  static final int LIMIT = 256;

  private final Map<Long, String> nonces =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, String> eldest) {
          return size() > LIMIT;
        }
      };

  void add(Frame frame) {
    nonces.put(frame.lastVersion(), frame.nonce());
  }

  boolean contains(Frame frame) {
    return frame.nonce().equals(nonces.get(frame.lastVersion()));
  }
}
