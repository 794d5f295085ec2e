package dev.tandem.streams.internal.dead;

import com.codahale.metrics.Counter;
import dev.tandem.streams.DeadLetter;
import dev.tandem.streams.DiscardResult;
import java.util.List;
import java.util.function.Predicate;

/** Deletes all that a filter accepts. Not safe for use by many threads. */
public final class DiscardRun {
  private final DeadStore store;
  private final Predicate<? super DeadLetter> filter;
  private final Counter metric;
  private final Tally tally = new Tally();
  private final String holder = DeadStore.newName();

  /** A run that has not begun; counts what it deletes in {@code metric}. */
  public DiscardRun(DeadStore store, Predicate<? super DeadLetter> filter, Counter metric) {
    this.store = store;
    this.filter = filter;
    this.metric = metric;
  }

  /** Deletes what there is. */
  public DiscardResult run() {
    LetterWalk walk = new LetterWalk(store);
    boolean complete = true;
    for (List<DeadLetter> page = walk.next(); complete && !page.isEmpty(); page = walk.next()) {
      List<String> ids = page.stream().filter(filter).map(letter -> letter.id().value()).toList();
      List<Fate> fates = store.discard(ids, holder);
      fates.forEach(tally::count);
      metric.inc(fates.stream().filter(fate -> fate == Fate.DONE).count());
      complete = !Thread.currentThread().isInterrupted();
    }
    return new DiscardResult(
        tally.of(Fate.DONE), tally.of(Fate.CLAIMED), tally.of(Fate.MISSING), complete);
  }
}
