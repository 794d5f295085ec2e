package dev.tandem.hybrid.internal;

import dev.tandem.hybrid.HybridReceipt;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.internal.frame.OutgoingMessage;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.Tenant;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One message on its way.
 *
 * @param tenant whose it is
 * @param stream the durable half's key
 * @param channelKeys the live half's keys
 * @param channel the live half
 * @param fields the stream entry, names and values in turn
 * @param live the message as it stands in the frame
 * @param bytes about how large it is
 * @param result completed with the receipt
 */
public record Outgoing(
    Tenant tenant,
    RedisKey stream,
    ChannelKeys channelKeys,
    Channel<?> channel,
    List<byte[]> fields,
    OutgoingMessage live,
    int bytes,
    CompletableFuture<HybridReceipt> result) {}
