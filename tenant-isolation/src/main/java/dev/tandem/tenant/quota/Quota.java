package dev.tandem.tenant.quota;

import java.util.Locale;

/**
 * What of a tenant can be limited.
 *
 * <p>Thread safety: immutable.
 */
public enum Quota {
  /**
   * Messages a second that are published to streams and channels; one that goes to both, or to
   * several, counts once for each. Up to a second's worth may go at once.
   */
  PUBLISH_RATE,
  /**
   * Entries of each of the tenant's streams. A scheduled message that is due at a full stream, or
   * at one whose last room others were just given, waits; so it does on every connection. Streams
   * of events are not limited.
   */
  STREAM_LENGTH,
  /**
   * Bytes of each of the tenant's streams: names and values of its entries' fields. A scheduled
   * message that is due is appended nevertheless, and counts. Streams of events are not limited.
   */
  STREAM_BYTES,
  /**
   * Recoverable channels that the tenant's index has: what is published to, subscribed to, or asked
   * for its position enters it.
   */
  LIVE_CHANNELS,
  /** Subscriptions to live channels, hybrid ones included, of all processes. */
  SUBSCRIPTIONS,
  /**
   * Dead letters of each group. A message that would be one too many stays with its group, pending
   * and unacknowledged, and is tried again until there is room: it is never dropped. Holds on every
   * connection, whether or not that enforces quotas. How many a worker or consumer could not make
   * shows in its metrics, {@code dead-letters-refused}.
   */
  DEAD_LETTERS,
  /** Bytes of a payload, as the serde made it. */
  PAYLOAD_SIZE;

  private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

  /** The name that errors and metrics bear, such as {@code stream-length}. */
  public String label() {
    return label;
  }
}
