package dev.tandem.streams.internal.trim;

import dev.tandem.streams.Trimming;
import dev.tandem.streams.internal.entry.EntryId;

/**
 * A policy in the words of {@code trim.lua}.
 *
 * @param policy its name
 * @param measure what it goes by
 * @param patienceMillis after how long a group counts as abandoned
 */
public record TrimRule(String policy, String measure, long patienceMillis) {
  /** The rule of a topic's policy, which removes something. */
  public static TrimRule of(Trimming trimming) {
    return switch (trimming.kind()) {
      case ACKNOWLEDGED ->
          new TrimRule(
              "acknowledged", Long.toString(trimming.entries()), trimming.time().toMillis());
      case LENGTH -> new TrimRule("length", Long.toString(trimming.entries()), 0);
      case AGE -> new TrimRule("age", Long.toString(trimming.time().toMillis()), 0);
      case NONE -> throw new IllegalArgumentException("nothing is removed");
    };
  }

  /** Removes what lies before an id. */
  public static TrimRule before(EntryId id) {
    return new TrimRule("before", id.toString(), 0);
  }
}
