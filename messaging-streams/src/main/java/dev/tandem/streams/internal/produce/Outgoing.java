package dev.tandem.streams.internal.produce;

import dev.tandem.api.MessageId;
import dev.tandem.redis.command.Argument;
import dev.tandem.redis.command.Command;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One entry on its way. Numbers and times are the sending thread's.
 *
 * <p>Thread safety: handed from the calling to the sending thread.
 */
public final class Outgoing {
  private static final Argument XADD = Argument.of("XADD");
  private static final Argument NEW_ID = Argument.of("*");

  /** About what an entry needs beside its fields, for the limits in bytes. */
  private static final int OVERHEAD = 64;

  private final Tenant tenant;
  private final String topic;
  private final StreamKeys keys;
  private final long mostEntries;
  private final List<byte[]> fields;
  private final int bytes;
  private final CompletableFuture<MessageId> result = new CompletableFuture<>();
  private long number;
  private long takenNanos;

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
    int sum = OVERHEAD;
    for (byte[] field : fields) {
      sum += field.length;
    }
    this.bytes = sum;
  }

  /** Whose it is. */
  Tenant tenant() {
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
