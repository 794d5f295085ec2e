package dev.tandem.pubsub.internal.frame;

import dev.tandem.api.Headers;
import dev.tandem.api.MessageId;
import org.jspecify.annotations.Nullable;

/**
 * One message of a received frame.
 *
 * <p>Thread safety: immutable.
 */
public final class FrameMessage {
  /** In place of a number, if the id is given whole. */
  static final long NO_NUMBER = -1;

  private final String id;
  private final long idNumber;
  private final String type;
  private final @Nullable String key;
  private final Headers headers;
  private final long ttlMillis;
  private final byte[] payload;

  /**
   * A message with these parts.
   *
   * @param id what its id begins with; together they keep the rule of {@link MessageId}
   * @param idNumber what its id ends in, or {@link #NO_NUMBER}
   */
  FrameMessage(
      String id,
      long idNumber,
      String type,
      @Nullable String key,
      Headers headers,
      long ttlMillis,
      byte[] payload) {
    this.id = id;
    this.idNumber = idNumber;
    this.type = type;
    this.key = key;
    this.headers = headers;
    this.ttlMillis = ttlMillis;
    this.payload = payload;
  }

  /** Its id. */
  public MessageId id() {
    return new MessageId(idNumber == NO_NUMBER ? id : id + idNumber); // most readers do not ask
  }

  /** What happened. */
  public String type() {
    return type;
  }

  /** What order and conflation go by, or null. */
  public @Nullable String key() {
    return key;
  }

  /** Its headers. */
  public Headers headers() {
    return headers;
  }

  /** How long after Redis took it it expires, in milliseconds; 0 if it does not. */
  public long ttlMillis() {
    return ttlMillis;
  }

  /** Its bytes as the serde wrote them; shared, do not change. */
  public byte[] payload() {
    return payload;
  }
}
