package dev.tandem.pubsub.internal.log;

import dev.tandem.api.Position;
import org.jspecify.annotations.Nullable;

/**
 * Where to begin following a log.
 *
 * @param after the position to follow; null for now, or the beginning
 * @param beginning whether all that is stored is wanted
 */
public record Start(@Nullable Position after, boolean beginning) {
  /** Nothing that is there already. */
  public static final Start NOW = new Start(null, false);

  /** All that is stored. */
  public static final Start BEGINNING = new Start(null, true);

  /** What follows this position. */
  public static Start after(Position position) {
    return new Start(position, false);
  }
}
