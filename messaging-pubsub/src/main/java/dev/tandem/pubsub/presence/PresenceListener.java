package dev.tandem.pubsub.presence;

/**
 * Is told who comes and goes; never of the own instance.
 *
 * <p>Called on a delivery thread of the live bus, one call at a time; {@link Presence#members()}
 * already shows the change. A slow listener delays what comes after it, heartbeats too: hand long
 * work on. What it throws is logged.
 */
public interface PresenceListener {
  /** An instance is there that was not known: it has started, was cut off, or we have started. */
  default void onJoined(Member member) {}

  /** An instance has said that it stops. */
  default void onLeft(Member member) {}

  /**
   * An instance was not heard of for too long, or has been started again without having stopped. If
   * it was only cut off, it joins again when it is heard.
   */
  default void onLost(Member member) {}
}
