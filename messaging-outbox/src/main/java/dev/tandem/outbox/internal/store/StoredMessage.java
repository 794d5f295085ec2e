package dev.tandem.outbox.internal.store;

import org.jspecify.annotations.Nullable;

/**
 * A row of the outbox. Nothing of it is checked: others may have written it.
 *
 * <p>Thread safety: immutable; the bytes are shared, not to be changed.
 *
 * @param line which messages it must stay in order with
 * @param ttlMillis 0 if it does not expire
 * @param alone whether it is to be sent by itself, because it was refused together with others
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record StoredMessage(
    long id,
    LineKey line,
    String route,
    String messageId,
    String type,
    @Nullable String key,
    String headers,
    long ttlMillis,
    byte[] payload,
    byte @Nullable [] channelPayloads,
    boolean alone) {
  /** About how large it is. */
  public long bytes() {
    return 256L
        + headers.length()
        + payload.length
        + (channelPayloads == null ? 0 : channelPayloads.length);
  }
}
