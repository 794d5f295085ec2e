package dev.tandem.hybrid;

import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Says where a message is: in Redis, in its stream and on its channels; or, with {@link
 * OutagePolicy#spool}, safe in a file, from which it will be published when Redis is back.
 *
 * <p>Thread safety: immutable.
 */
public final class HybridReceipt {
  private final @Nullable MessageId id;
  private final List<ChannelReceipt> channels;
  private final long spoolRecord;

  private HybridReceipt(@Nullable MessageId id, List<ChannelReceipt> channels, long spoolRecord) {
    this.id = id;
    this.channels = channels;
    this.spoolRecord = spoolRecord;
  }

  /** Of a message that Redis has. */
  public static HybridReceipt published(MessageId id, List<ChannelReceipt> channels) {
    return new HybridReceipt(Objects.requireNonNull(id, "id"), List.copyOf(channels), 0);
  }

  /** Of a message in the spool. */
  public static HybridReceipt spooled(long record) {
    return new HybridReceipt(null, List.of(), record);
  }

  /**
   * Whether the message is in the spool, and Redis does not have it yet: it is written to the disk,
   * and will be published in its turn.
   */
  public boolean isSpooled() {
    return id == null;
  }

  /**
   * The message's id on all sides: that of the stream entry, or of the publisher's making if the
   * route has no stream.
   *
   * @throws IllegalStateException if it {@link #isSpooled is spooled}: Redis gives the id
   */
  public MessageId id() {
    if (id == null) {
      throw new IllegalStateException("the message is in the spool, and has no id yet");
    }
    return id;
  }

  /** What became of it on each channel of its route, in the route's order; empty if spooled. */
  public List<ChannelReceipt> channels() {
    return channels;
  }

  /**
   * Its place on the first recoverable channel of its route; null if there is none, or it is
   * spooled.
   */
  public @Nullable Position position() {
    for (ChannelReceipt channel : channels) {
      if (channel.position() != null) {
        return channel.position();
      }
    }
    return null;
  }

  /** Its place on this channel; null if there is none. */
  public @Nullable Position position(String channel) {
    for (ChannelReceipt one : channels) {
      if (one.channel().equals(channel)) {
        return one.position();
      }
    }
    return null;
  }

  /** How many Redis connections were subscribed to its channels at that moment, added up. */
  public long receivers() {
    return channels.stream().mapToLong(ChannelReceipt::receivers).sum();
  }

  /**
   * The number of the spool's record that the message is in, by which {@link SpoolListener} tells
   * what becomes of it; 0 if it is not spooled. Messages published together may share one.
   */
  public long spoolRecord() {
    return spoolRecord;
  }

  @Override
  public String toString() {
    return isSpooled()
        ? "HybridReceipt[in record " + spoolRecord + " of the spool]"
        : "HybridReceipt[" + id + ", " + channels + "]";
  }
}
