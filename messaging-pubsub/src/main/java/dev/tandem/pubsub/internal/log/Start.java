package dev.tandem.pubsub.internal.log;

import dev.tandem.api.Position;
import dev.tandem.pubsub.SubscribeOptions.Beginning;
import org.jspecify.annotations.Nullable;

/**
 * Where to begin following a log.
 *
 * @param beginning what is wanted
 * @param after the position to follow, if that is what is wanted; else null
 */
public record Start(Beginning beginning, @Nullable Position after) {
  /** Nothing that is there already. */
  public static final Start NOW = new Start(Beginning.NOW, null);

  /** All that is stored. */
  public static final Start OLDEST = new Start(Beginning.OLDEST, null);

  /** The newest message that is stored. */
  public static final Start LATEST = new Start(Beginning.LATEST, null);

  /** What follows this position. */
  public static Start after(Position position) {
    return new Start(Beginning.POSITION, position);
  }
}
