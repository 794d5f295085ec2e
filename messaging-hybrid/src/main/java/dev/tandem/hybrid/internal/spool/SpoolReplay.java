package dev.tandem.hybrid.internal.spool;

import dev.tandem.hybrid.SpoolStats;
import java.time.Duration;

/**
 * A spool and what empties it.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class SpoolReplay {
  private static final Duration LONGEST_END = Duration.ofSeconds(30);

  private final SpoolStore store;
  private final Replayer replayer;

  /** Both, running. */
  public SpoolReplay(SpoolStore store, Replayer replayer) {
    this.store = store;
    this.replayer = replayer;
  }

  /** What waits, and what was done. */
  public SpoolStats stats() {
    return store.stats();
  }

  /** Lets the round that is under way end, and closes the files. */
  public void close() {
    store.stop();
    replayer.join(LONGEST_END);
    store.close();
  }
}
