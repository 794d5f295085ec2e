package dev.tandem.examples.soak.live;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What was found that must not be, in words: the first few. Not thread-safe. */
public final class Complaints {
  private static final int MOST_KEPT = 20;

  private final List<String> kept = new ArrayList<>();

  /** None yet. */
  public Complaints() {}

  /** Adds one, unless there are enough. */
  public void add(String format, @Nullable Object... values) {
    if (kept.size() < MOST_KEPT) {
      kept.add(String.format(Locale.ROOT, format, values));
    }
  }

  /** Those kept. */
  public List<String> list() {
    return List.copyOf(kept);
  }
}
