package dev.tandem.streams.internal.dead;

import com.codahale.metrics.Counter;
import dev.tandem.streams.DeadLetter;
import dev.tandem.streams.ReplayOptions;
import dev.tandem.streams.ReplayResult;
import java.util.List;

/** One replay of all that a filter accepts. Not safe for use by many threads. */
public final class ReplayRun {
  private final DeadStore store;
  private final ReplayOptions options;
  private final Pace pace;
  private final String holder = DeadStore.newName();
  private final Tally tally = new Tally();
  private final Counter metric;

  /** A run that has not begun; counts what it replays in {@code metric}. */
  public ReplayRun(DeadStore store, ReplayOptions options, Counter metric) {
    this.store = store;
    this.options = options;
    this.metric = metric;
    this.pace = new Pace(options.perSecond());
  }

  /** Replays what there is. */
  public ReplayResult run() {
    LetterWalk walk = new LetterWalk(store);
    boolean complete = true;
    for (List<DeadLetter> page = walk.next();
        complete && !page.isEmpty() && left() > 0;
        page = walk.next()) {
      complete = replayAll(page.stream().filter(options.filter()).toList());
    }
    return result(complete);
  }

  private boolean replayAll(List<DeadLetter> letters) {
    int at = 0;
    while (at < letters.size() && left() > 0) {
      int step = (int) Math.min(pace.step(), left());
      List<DeadLetter> some = letters.subList(at, Math.min(letters.size(), at + step));
      if (options.isDryRun()) {
        some.forEach(letter -> tally.count(expected(letter)));
      } else if (pace.await(some.size())) {
        List<String> ids = some.stream().map(letter -> letter.id().value()).toList();
        List<Fate> fates = store.replay(ids, holder, options.mostReplays());
        fates.forEach(tally::count);
        metric.inc(fates.stream().filter(fate -> fate == Fate.DONE).count());
      } else {
        return false;
      }
      at += some.size();
    }
    return true;
  }

  private Fate expected(DeadLetter letter) {
    if (letter.fields().isEmpty()) {
      return Fate.WITHOUT_DATA;
    }
    return letter.replays() >= options.mostReplays() ? Fate.OVER_LIMIT : Fate.DONE;
  }

  private long left() {
    return options.limit() - tally.of(Fate.DONE);
  }

  private ReplayResult result(boolean complete) {
    return new ReplayResult(
        tally.of(Fate.DONE),
        tally.of(Fate.OVER_LIMIT),
        tally.of(Fate.WITHOUT_DATA),
        tally.of(Fate.CLAIMED),
        tally.of(Fate.MISSING),
        complete);
  }
}
