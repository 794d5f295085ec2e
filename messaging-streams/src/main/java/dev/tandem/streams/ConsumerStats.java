package dev.tandem.streams;

/**
 * What a consumer has done so far.
 *
 * <p>Thread safety: immutable.
 *
 * @param acknowledged messages acknowledged
 * @param retried deliveries put back to be delivered again
 * @param deadLettered messages this consumer moved to the dead letters, whatever the reason
 * @param redelivered deliveries taken that were not the message's first
 * @param takenOver deliveries claimed from another consumer whose lease had run out
 * @param lost messages found pending whose data was gone from the stream; each is also
 *     dead-lettered
 * @param leasesLost deliveries held here that another consumer took before they were settled
 * @param held deliveries held now
 */
public record ConsumerStats(
    long acknowledged,
    long retried,
    long deadLettered,
    long redelivered,
    long takenOver,
    long lost,
    long leasesLost,
    int held) {}
