package dev.tandem.streams;

/** Why a message was given up. */
public enum DeadLetterReason {
  /** It was delivered as often as the retry policy allows. */
  MAX_DELIVERIES,
  /**
   * It was not worth another delivery: its handler failed with an error that the retry policy does
   * not retry, or rejected it ({@link Batch#reject}, {@link HeldDelivery#reject}).
   */
  REJECTED,
  /** Its entry or payload could not be turned into a message. */
  NOT_READABLE,
  /** Its data was deleted or trimmed from the stream before it was handled. */
  PAYLOAD_LOST,
  /** Its time to live was over before it was handled. */
  EXPIRED
}
