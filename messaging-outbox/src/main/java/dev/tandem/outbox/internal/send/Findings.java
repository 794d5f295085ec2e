package dev.tandem.outbox.internal.send;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is known of a line's messages, and the database is still to be told. Numbers of rows.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class Findings {
  private final List<Long> published = new ArrayList<>();
  private final List<Long> released = new ArrayList<>();
  private final List<Long> alone = new ArrayList<>();
  private final Map<Long, String> failed = new LinkedHashMap<>();

  /** Redis has them. */
  public List<Long> published() {
    return published;
  }

  /** They are to be sent again, under other numbers. */
  public List<Long> released() {
    return released;
  }

  /** The same, each by itself. */
  public List<Long> alone() {
    return alone;
  }

  /** They cannot be published, and why. */
  public Map<Long, String> failed() {
    return failed;
  }

  /** Whether there is nothing to tell. */
  public boolean isEmpty() {
    return published.isEmpty() && released.isEmpty() && alone.isEmpty() && failed.isEmpty();
  }

  /** Tells of all these too. */
  public void addAll(Findings other) {
    published.addAll(other.published);
    released.addAll(other.released);
    alone.addAll(other.alone);
    failed.putAll(other.failed);
  }

  /** The database knows. */
  void clear() {
    published.clear();
    released.clear();
    alone.clear();
    failed.clear();
  }
}
