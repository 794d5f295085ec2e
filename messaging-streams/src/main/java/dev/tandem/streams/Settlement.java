package dev.tandem.streams;

/** What became of a delivery that a {@link StreamConsumer} was asked to settle. */
public enum Settlement {
  /** It was still ours and is acknowledged. */
  ACKNOWLEDGED,
  /** It was still ours and is delivered again after the delay. */
  RETRYING,
  /** It was still ours and is among the group's dead letters. */
  DEAD_LETTERED,
  /**
   * It was not ours any more: the lease had run out, and another consumer of the group has it or
   * has finished with it. Retry and reject did nothing. An acknowledgement holds all the same, so
   * that the message is not delivered once more; but it may have been handled twice. So it is after
   * the stream was lost with its data, if another member had reported the message lost by then.
   */
  LEASE_LOST
}
