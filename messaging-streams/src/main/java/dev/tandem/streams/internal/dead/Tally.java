package dev.tandem.streams.internal.dead;

import java.util.EnumMap;
import java.util.Map;

/** Counts what became of dead letters. Not safe for use by many threads. */
final class Tally {
  private final Map<Fate, Long> fates = new EnumMap<>(Fate.class);

  void count(Fate fate) {
    fates.merge(fate, 1L, Long::sum);
  }

  long of(Fate fate) {
    return fates.getOrDefault(fate, 0L);
  }
}
