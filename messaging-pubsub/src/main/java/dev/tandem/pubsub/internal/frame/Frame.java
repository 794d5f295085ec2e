package dev.tandem.pubsub.internal.frame;

import dev.tandem.api.Position;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A received frame.
 *
 * <p>Thread safety: immutable.
 *
 * @param before where the log stood before this frame; null on a fleeting channel
 * @param end where the log stands with this frame; null on a fleeting channel
 * @param tenant the tenant's name
 * @param channel the channel's name
 * @param instanceId the bus that published it
 * @param nonce the frame's nonce
 * @param timestamp when Redis took it
 * @param messages the messages, at least one
 * @param size the bytes that it came in
 * @param takenNanos when Redis took it, by {@link System#nanoTime} of this process; as long ago as
 *     the server's clock said when it was read, or when it came if it came live
 */
public record Frame(
    @Nullable Position before,
    @Nullable Position end,
    String tenant,
    String channel,
    String instanceId,
    String nonce,
    Instant timestamp,
    List<FrameMessage> messages,
    int size,
    long takenNanos) {
  private static final long NANOS_PER_MILLI = 1_000_000;

  /** A frame that was taken just now. */
  public Frame(
      @Nullable Position before,
      @Nullable Position end,
      String tenant,
      String channel,
      String instanceId,
      String nonce,
      Instant timestamp,
      List<FrameMessage> messages,
      int size) {
    this(
        before,
        end,
        tenant,
        channel,
        instanceId,
        nonce,
        timestamp,
        messages,
        size,
        System.nanoTime());
  }

  /** This frame, read when the server's clock showed this. */
  public Frame readAt(long serverMillis, long nowNanos) {
    long age = Math.max(0, serverMillis - timestamp.toEpochMilli());
    return new Frame(
        before,
        end,
        tenant,
        channel,
        instanceId,
        nonce,
        timestamp,
        messages,
        size,
        nowNanos - age * NANOS_PER_MILLI);
  }

  /**
   * This frame, with its {@link #before} replaced by an equal position that many stand at, who then
   * need not compare.
   */
  public Frame from(Position same) {
    return new Frame(
        same, end, tenant, channel, instanceId, nonce, timestamp, messages, size, takenNanos);
  }

  /** Whether the message at this index will not be delivered any more some day. */
  public boolean expires(int index) {
    return messages.get(index).ttlMillis() > 0;
  }

  /** Whether the message at this index is not to be delivered any more. */
  public boolean isExpired(int index, long nowNanos) {
    long ttl = messages.get(index).ttlMillis();
    return ttl > 0 && nowNanos - takenNanos >= ttl * NANOS_PER_MILLI;
  }

  /** Whether it belongs to a log. */
  public boolean isRecoverable() {
    return end != null;
  }

  /** {@link #before} of a frame that belongs to a log. */
  public Position start() {
    return Objects.requireNonNull(before, "before");
  }

  /** {@link #end} of a frame that belongs to a log. */
  public Position finish() {
    return Objects.requireNonNull(end, "end");
  }

  /** The log that it belongs to. */
  public String epoch() {
    return finish().epoch();
  }

  /** The first message's version. */
  public long firstVersion() {
    return start().version() + 1;
  }

  /** The last message's version. */
  public long lastVersion() {
    return finish().version();
  }

  /** Where a reader stands for whom only the last message is new. */
  public Position beforeLast() {
    int last = messages.size() - 1;
    return last == 0 ? start() : new Position(epoch(), lastVersion() - 1, nonce);
  }

  /** Where the message at this index stands, or null on a fleeting channel. */
  public @Nullable Position positionOf(int index) {
    return end == null ? null : new Position(epoch(), firstVersion() + index, nonce);
  }
}
