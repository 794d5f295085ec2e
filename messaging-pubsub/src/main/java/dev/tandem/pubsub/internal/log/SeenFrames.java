package dev.tandem.pubsub.internal.log;

import dev.tandem.pubsub.internal.frame.Frame;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The nonces of the last frames, by version. */
final class SeenFrames {
  /** How many are remembered. */
  static final int LIMIT = 256;

  private @Nullable Map<Long, String> nonces;

  private static final class Newest extends LinkedHashMap<Long, String> {
    private static final long serialVersionUID = 1L;

    @Override
    protected boolean removeEldestEntry(Map.Entry<Long, String> eldest) {
      return size() > LIMIT;
    }
  }

  void add(Frame frame) {
    if (nonces == null) {
      nonces = new Newest();
    }
    nonces.put(frame.lastVersion(), frame.nonce());
  }

  boolean contains(Frame frame) {
    return nonces != null && frame.nonce().equals(nonces.get(frame.lastVersion()));
  }
}
