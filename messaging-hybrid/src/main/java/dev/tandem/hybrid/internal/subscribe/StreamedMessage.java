package dev.tandem.hybrid.internal.subscribe;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Headers;
import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.api.error.SerdeException;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.tenant.Tenant;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A message that was read from the stream, as the channel would have given it. */
final class StreamedMessage<T> implements LiveMessage<T> {
  private static final byte[] TYPE = EntryFormat.TYPE.getBytes(UTF_8);
  private static final byte[] DATA = EntryFormat.DATA.getBytes(UTF_8);
  private static final byte[] NOTHING = {};

  private final Tenant tenant;
  private final StreamTopic<T> topic;
  private final String channel;
  private final ChannelEntry entry;

  // Decoded twice if two threads ask first at the same time, to the same effect.
  private volatile @Nullable Message<T> decoded;

  StreamedMessage(Tenant tenant, StreamTopic<T> topic, String channel, ChannelEntry entry) {
    this.tenant = tenant;
    this.topic = topic;
    this.channel = channel;
    this.entry = entry;
  }

  private Message<T> decoded() {
    Message<T> known = decoded;
    if (known == null) {
      known = EntryFormat.decode(tenant, topic, entry.raw());
      decoded = known;
    }
    return known;
  }

  /** Whether its time was over at this time. */
  boolean isExpiredAt(Instant now) {
    long ttl = ttlMillis();
    return ttl > 0 && !timestamp().plusMillis(ttl).isAfter(now);
  }

  /** How long it lives, in milliseconds; 0 for ever. */
  long ttlMillis() {
    return EntryFormat.ttlMillis(entry.raw());
  }

  @Override
  public MessageId id() {
    return MessageId.of(entry.id().toString());
  }

  @Override
  public String type() {
    byte[] type = entry.raw().value(TYPE);
    return type == null ? "" : new String(type, UTF_8);
  }

  @Override
  public @Nullable String key() {
    return EntryFormat.key(entry.raw());
  }

  @Override
  public T payload() {
    return decoded().payload();
  }

  @Override
  public byte[] raw() {
    byte[] data = entry.raw().value(DATA);
    return data == null ? NOTHING : data;
  }

  /**
   * The headers.
   *
   * @throws SerdeException if somebody else wrote the entry, and cannot be read
   */
  @Override
  public Headers headers() {
    return EntryFormat.headers(entry.raw());
  }

  @Override
  public Position position() {
    return entry.at();
  }

  @Override
  public Instant timestamp() {
    return entry.id().time();
  }

  @Override
  public String instanceId() {
    return "";
  }

  @Override
  public Tenant tenant() {
    return tenant;
  }

  @Override
  public String channel() {
    return channel;
  }

  /** Everything but the payload. */
  @Override
  public String toString() {
    return "LiveMessage[" + id() + ", type=" + type() + ", position=" + position() + "]";
  }
}
