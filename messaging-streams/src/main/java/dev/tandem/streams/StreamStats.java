package dev.tandem.streams;

import dev.tandem.tenant.Tenant;
import org.jspecify.annotations.Nullable;

/**
 * What a worker has done so far with one stream, a tenant's messages of one topic, and what is left
 * to do there. Replays to the group are included.
 *
 * <p>Thread safety: immutable.
 *
 * @param tenant whose stream it is
 * @param topic the topic's name
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
 * @param unsettled finished deliveries that the server has refused to settle, and that are tried
 *     again
 * @param isRead whether it is read: not while about 1,024 of its deliveries cannot be settled, nor
 *     while the server refuses it, or it does not exist and was only discovered
 * @param backlog what the whole group still has to do; null if it was not seen within 30 seconds
 */
public record StreamStats(
    Tenant tenant,
    String topic,
    long handled,
    long failed,
    long retried,
    long deadLettered,
    long redelivered,
    long takenOver,
    long lost,
    long leasesLost,
    long acknowledged,
    int unsettled,
    boolean isRead,
    @Nullable Backlog backlog) {}
