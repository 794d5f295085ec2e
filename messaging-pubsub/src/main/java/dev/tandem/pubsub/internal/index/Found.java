package dev.tandem.pubsub.internal.index;

import dev.tandem.api.Position;

/**
 * A channel that was looked at.
 *
 * @param name its name
 * @param head where its log stands
 * @param since where its log began, or woke last
 * @param rests whether it rests now: nobody needs to listen until it is in the index again
 */
public record Found(String name, Position head, Position since, boolean rests) {
  /** Where its log began. */
  public Position origin() {
    return new Position(head.epoch(), 0, "");
  }
}
