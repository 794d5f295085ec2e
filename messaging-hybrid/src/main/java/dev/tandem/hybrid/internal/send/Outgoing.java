package dev.tandem.hybrid.internal.send;

import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.api.audit.AuditRecord;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.hybrid.HybridReceipt;
import dev.tandem.hybrid.internal.wire.Destination;
import dev.tandem.pubsub.internal.frame.OutgoingMessage;
import dev.tandem.redis.audit.AuditTrail;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One message on its way. Number and time are the sending thread's.
 *
 * <p>Thread safety: handed from the calling to the sending thread.
 */
public final class Outgoing {
  /** About what an entry and a place in a frame need beside their contents. */
  private static final int OVERHEAD = 128;

  private final Destination destination;
  private final @Nullable MessageId id;
  private final List<byte[]> labels;
  private final byte[] data;
  private final List<OutgoingMessage> live;
  private final int bytes;
  private final int payloadBytes;
  private final String type;
  private final @Nullable String key;
  private final int entryBytes;
  private final CompletableFuture<HybridReceipt> result = new CompletableFuture<>();
  private long number;
  private long takenNanos;
  private boolean admitted;

  /**
   * A message.
   *
   * @param id its id, or null if its stream gives it one
   * @param labels those of its stream entry, in order; none if it goes to no stream
   * @param data of its stream entry
   * @param live how it stands in the frame of each channel
   * @param payloadBytes how large its payload is
   */
  Outgoing(
      Destination destination,
      @Nullable MessageId id,
      List<byte[]> labels,
      byte[] data,
      List<OutgoingMessage> live,
      int payloadBytes,
      String type,
      @Nullable String key) {
    this.destination = destination;
    this.id = id;
    this.labels = labels;
    this.data = data;
    this.live = live;
    int sum = OVERHEAD + data.length;
    for (byte[] label : labels) {
      sum += label.length;
    }
    this.payloadBytes = payloadBytes;
    this.type = type;
    this.key = key;
    this.entryBytes = sum;
    for (OutgoingMessage message : live) {
      sum += message.size();
    }
    this.bytes = sum;
  }

  /** Where it goes. */
  public Destination destination() {
    return destination;
  }

  @Nullable MessageId id() {
    return id;
  }

  /** The values of its stream entry but for the data: type, key, headers and perhaps its life. */
  List<byte[]> labels() {
    return labels;
  }

  byte[] data() {
    return data;
  }

  List<OutgoingMessage> live() {
    return live;
  }

  /** About how large it is. */
  public int bytes() {
    return bytes;
  }

  /** How large its payload is. */
  int payloadBytes() {
    return payloadBytes;
  }

  /** About how large its stream entry is. */
  int entryBytes() {
    return entryBytes;
  }

  /** Whether its tenant's quotas have its entry among what is under way. */
  boolean isAdmitted() {
    return admitted;
  }

  void admitted(boolean admitted) {
    this.admitted = admitted;
  }

  /** Completed with its receipt. */
  public CompletableFuture<HybridReceipt> result() {
    return result;
  }

  /** Says what became of it, at each of its places. */
  public void tell(AuditTrail audit, @Nullable HybridReceipt receipt, @Nullable ErrorCode failure) {
    MessageId known = receipt == null || receipt.isSpooled() ? id : receipt.id();
    for (Destination.Place place : destination.places()) {
      Position position =
          place.isStream() || receipt == null ? null : receipt.position(place.name());
      audit.add(
          "",
          destination.tenant().name(),
          place.isStream() ? AuditRecord.Kind.STREAM : AuditRecord.Kind.CHANNEL,
          place.name(),
          type,
          key,
          known == null ? null : known.value(),
          position == null ? 0 : position.version(),
          failure);
    }
  }

  /** The sending thread takes it over, as entry of this number. */
  void taken(long number, long nanos) {
    this.number = number;
    this.takenNanos = nanos;
  }

  /** How many messages the sending thread took over before. */
  long number() {
    return number;
  }

  /** When the sending thread took it over. */
  long takenNanos() {
    return takenNanos;
  }
}
