package dev.tandem.pubsub.internal.index;

import dev.tandem.api.Position;
import org.jspecify.annotations.Nullable;

/**
 * What is to be done with a channel: look at it, and maybe let it rest.
 *
 * @param name the channel
 * @param mayRest whether it may rest, if nothing of it is stored
 * @param at where it must stand for that; null for anywhere
 */
public record Question(String name, boolean mayRest, @Nullable Position at) {
  /** Looks at it only. */
  public static Question look(String name) {
    return new Question(name, false, null);
  }

  /** Lets it rest if nothing of it is stored. */
  public static Question rest(String name) {
    return new Question(name, true, null);
  }

  /** Lets it rest if nothing of it is stored, and it stands here. */
  public static Question restAt(String name, Position at) {
    return new Question(name, true, at);
  }
}
