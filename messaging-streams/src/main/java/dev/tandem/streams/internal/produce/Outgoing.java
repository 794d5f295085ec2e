package dev.tandem.streams.internal.produce;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.MessageId;
import dev.tandem.api.audit.AuditRecord;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.redis.audit.AuditTrail;
import dev.tandem.redis.command.Argument;
import dev.tandem.redis.command.Command;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One entry on its way. Numbers and times are the sending thread's.
 *
 * <p>Thread safety: handed from the calling to the sending thread.
 */
public final class Outgoing {
  private static final Argument XADD = Argument.of("XADD");
  private static final Argument NEW_ID = Argument.of("*");

  private static final int TYPE_VALUE = 1;
  private static final int KEY_VALUE = 3;

  private final Tenant tenant;
  private final String topic;
  private final StreamKeys keys;
  private final long mostEntries;
  private final List<byte[]> fields;
  private final int bytes;
  private final CompletableFuture<MessageId> result = new CompletableFuture<>();
  private long number;
  private long takenNanos;
  private boolean admitted;

  /**
   * An entry.
   *
   * @param mostEntries how many the stream may hold, 0 for any number
   * @param fields as {@link EntryFormat#encode} gives them
   */
  public Outgoing(
      Tenant tenant, String topic, StreamKeys keys, long mostEntries, List<byte[]> fields) {
    this.tenant = tenant;
    this.topic = topic;
    this.keys = keys;
    this.mostEntries = mostEntries;
    this.fields = fields;
    this.bytes = EntryFormat.size(fields);
  }

  /** Whose it is. */
  public Tenant tenant() {
    return tenant;
  }

  /** The topic's name. */
  String topic() {
    return topic;
  }

  /** Where it goes. */
  StreamKeys keys() {
    return keys;
  }

  /** How many entries the stream may hold, 0 for any number. */
  long mostEntries() {
    return mostEntries;
  }

  /** Names and values in turn. */
  List<byte[]> fields() {
    return fields;
  }

  /** About how large it is. */
  public int bytes() {
    return bytes;
  }

  /** How large its payload is. */
  int payloadBytes() {
    return fields.get(EntryFormat.DATA_VALUE).length;
  }

  /** Whether its tenant's quotas have it among what is under way. */
  boolean isAdmitted() {
    return admitted;
  }

  void admitted(boolean admitted) {
    this.admitted = admitted;
  }

  /** Completed with its id. */
  public CompletableFuture<MessageId> result() {
    return result;
  }

  /** The append of this entry alone. */
  Command append() {
    Command command = Command.of(XADD).key(keys.stream()).arg(NEW_ID);
    for (int value = 1; value < fields.size(); value += 2) {
      command.arg(EntryFormat.NAMES.get(value / 2)).arg(fields.get(value));
    }
    return command;
  }

  /** Says what became of it. */
  void tell(AuditTrail audit, @Nullable MessageId id, @Nullable ErrorCode failure) {
    String key = new String(fields.get(KEY_VALUE), UTF_8);
    audit.add(
        "",
        tenant.name(),
        AuditRecord.Kind.STREAM,
        topic,
        new String(fields.get(TYPE_VALUE), UTF_8),
        key.isEmpty() ? null : key,
        id == null ? null : id.value(),
        0,
        failure);
  }

  /** The sending thread takes it over, as entry of this number. */
  void taken(long number, long nanos) {
    this.number = number;
    this.takenNanos = nanos;
  }

  /** How many entries the sending thread took over before. */
  long number() {
    return number;
  }

  /** When the sending thread took it over. */
  long takenNanos() {
    return takenNanos;
  }
}
