package dev.tandem.pubsub;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what one subscription is given of one channel, and afterwards holds it against the
 * model.
 */
interface Witness {
  /** The subscription has become active. */
  void active();

  /** The subscription ended before it had a place, and one that begins now takes its place. */
  void beginsNow();

  /** A message was given. */
  void message(Position at, String payload);

  /** A gap was given. */
  void gap(Gap gap);

  /** What is wrong whatever the model says. */
  void breach(String what);

  List<Gap> gaps();

  /** How many messages were given. */
  int count();

  /** The place after all that was given; null if that is not known. */
  @Nullable Position last();

  /**
   * What is wrong: empty if it was given what the model says. To be asked once it is given nothing
   * more.
   *
   * @param end the subscription's position
   */
  List<String> breaches(@Nullable Position end);
}
