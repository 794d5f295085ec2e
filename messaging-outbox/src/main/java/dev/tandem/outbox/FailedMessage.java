package dev.tandem.outbox;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A message that cannot be published, and was set aside.
 *
 * <p>Thread safety: immutable.
 *
 * @param number by which it is retried or discarded
 * @param tenant whose it is
 * @param route the name of its route
 * @param messageId what {@link Outbox#save} gave
 * @param type its type
 * @param key its key, or null
 * @param savedAt when its transaction began, by the database's clock
 * @param failedAt when it was set aside, by the database's clock
 * @param reason why
 */
public record FailedMessage(
    long number,
    String tenant,
    String route,
    String messageId,
    String type,
    @Nullable String key,
    Instant savedAt,
    Instant failedAt,
    String reason) {}
