package dev.tandem.pubsub.internal.log;

import dev.tandem.pubsub.internal.frame.Frame;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last frames, by nonce. A nonce is enough, for each frame has its own; a version is not: where
 * a log was rolled back, several frames have had the same one.
 */
final class SeenFrames {
  /** How many are remembered. */
  static final int LIMIT = 256;

  private @Nullable Map<String, Long> versions;

  private static final class Newest extends LinkedHashMap<String, Long> {
    private static final long serialVersionUID = 1L;

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
      return size() > LIMIT;
    }
  }

  void add(Frame frame) {
    if (versions == null) {
      versions = new Newest();
    }
    versions.put(frame.nonce(), frame.lastVersion());
  }

  boolean contains(Frame frame) {
    if (versions == null) {
      return false;
    }
    Long version = versions.get(frame.nonce());
    return version != null && version == frame.lastVersion();
  }
}
