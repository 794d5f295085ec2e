package dev.tandem.pubsub;

import dev.tandem.api.Headers;
import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.tenant.Tenant;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A message as a subscriber receives it. One object is shared by all subscribers of a process.
 *
 * <p>Thread safety: safe for use by many threads; nobody may change the payload or the bytes.
 *
 * @param <T> the payload's type
 */
public interface LiveMessage<T> {
  /** The message's id. */
  MessageId id();

  /** What happened. */
  String type();

  /** What order and conflation go by, or null. */
  @Nullable String key();

  /**
   * The payload, decoded on first use, and once for all listeners of a bus that get this copy of
   * the message and whose channels have equal serdes. What arrives live is one copy for all; what
   * is read from the buffer, after an absence, a slow spell or a loss, is one for all whom the same
   * read serves, and is decoded again. Another bus of the process has copies of its own.
   *
   * @throws dev.tandem.api.error.SerdeException if the channel's serde cannot read it
   */
  T payload();

  /** The payload's bytes as the serde wrote them; shared, do not change. */
  byte[] raw();

  /** The headers. */
  Headers headers();

  /** Where this message stands: resuming after it misses nothing. Null on a fleeting channel. */
  @Nullable Position position();

  /**
   * When Redis took the message, by its clock, within 50 ms; on a fleeting channel, when it was
   * sent, by its publisher's clock.
   */
  Instant timestamp();

  /** The bus that published it. */
  String instanceId();

  /** The tenant. */
  Tenant tenant();

  /** The channel's name. */
  String channel();
}
