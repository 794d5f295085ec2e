package dev.tandem.hybrid.internal;

import dev.tandem.hybrid.HybridReceipt;
import dev.tandem.pubsub.Channel;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.StreamKeys;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One message on its way.
 *
 * @param stream the durable half's keys
 * @param channelKeys the live half's keys
 * @param channel the live half
 * @param fields the stream entry, names and values in turn
 * @param live the message as it stands in the frame
 * @param bytes about how large it is
 * @param result completed with the receipt
 */
public record Outgoing(
    StreamKeys stream,
    ChannelKeys channelKeys,
    Channel<?> channel,
    List<byte[]> fields,
    byte[] live,
    int bytes,
    CompletableFuture<HybridReceipt> result) {}
