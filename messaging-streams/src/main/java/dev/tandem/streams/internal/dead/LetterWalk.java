package dev.tandem.streams.internal.dead;

import dev.tandem.streams.DeadLetter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Goes once over the dead letters that are there when it begins, oldest first, a page at a time.
 * What is given up later, or again, has a higher id and is not met.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class LetterWalk {
  private final DeadStore store;
  private final @Nullable String last;
  private @Nullable String from = "-";

  /** Begins at the oldest. */
  public LetterWalk(DeadStore store) {
    this.store = store;
    this.last = store.newest();
  }

  /** The next letters; empty at the end. */
  public List<DeadLetter> next() {
    if (from == null || last == null) {
      return List.of();
    }
    List<DeadLetter> page = store.range(from, last, DeadStore.PAGE);
    from = page.size() < DeadStore.PAGE ? null : '(' + page.get(page.size() - 1).id().value();
    return page;
  }
}
