package dev.tandem.streams.internal.produce;

import dev.tandem.api.MessageId;
import dev.tandem.redis.command.Command;
import java.util.concurrent.CompletableFuture;

/**
 * One entry on its way.
 *
 * @param append the XADD
 * @param bytes about how large it is
 * @param result completed with its id
 */
public record Outgoing(Command append, int bytes, CompletableFuture<MessageId> result) {}
