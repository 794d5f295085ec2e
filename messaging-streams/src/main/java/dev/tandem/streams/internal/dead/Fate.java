package dev.tandem.streams.internal.dead;

import dev.tandem.redis.command.Replies;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a script did with one dead letter. */
public enum Fate {
  /** It is not there. */
  MISSING,
  /** It was moved or deleted, as was asked. */
  DONE,
  /** It was replayed as often as it may be. */
  OVER_LIMIT,
  /** It has no data that could be replayed. */
  WITHOUT_DATA,
  /** A processor looks at it now. */
  CLAIMED;

  private static final Fate[] BY_NUMBER = values();

  /** Reads the numbers that the scripts give back. */
  static List<Fate> list(@Nullable Object reply) {
    return Replies.list(reply).stream()
        .map(number -> BY_NUMBER[(int) Replies.number(number)])
        .toList();
  }
}
