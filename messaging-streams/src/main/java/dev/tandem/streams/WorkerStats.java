package dev.tandem.streams;

/**
 * What a worker has done so far.
 *
 * <p>Thread safety: immutable.
 *
 * @param handled deliveries whose handler returned
 * @param failed deliveries whose handler threw or took too long, or whose message could not be read
 *     or had expired
 * @param retried failed deliveries that were put back to be delivered again
 * @param deadLettered messages this worker moved to the dead letters, whatever the reason
 * @param redelivered deliveries taken that were not the message's first
 * @param takenOver deliveries claimed from another consumer whose lease had run out
 * @param lost messages found pending whose data was gone from the stream; each is also
 *     dead-lettered
 * @param leasesLost deliveries held here that another consumer took before they were finished
 * @param acknowledged messages acknowledged
 * @param inFlight deliveries held now: buffered, running, or finished and not settled yet
 * @param stuck handlers that run although their time is up; each takes up one of the worker's
 *     concurrency
 * @param stopped streams in {@link Ordering#STRICT} order that stand still at a message which
 *     failed
 */
public record WorkerStats(
    long handled,
    long failed,
    long retried,
    long deadLettered,
    long redelivered,
    long takenOver,
    long lost,
    long leasesLost,
    long acknowledged,
    int inFlight,
    int stuck,
    int stopped) {}
