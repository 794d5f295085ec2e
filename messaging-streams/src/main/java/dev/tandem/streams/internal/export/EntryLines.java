package dev.tandem.streams.internal.export;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Message;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.export.internal.ExportLine;
import dev.tandem.api.serde.Serde;
import dev.tandem.streams.DeadLetter;
import dev.tandem.streams.ScheduledMessage;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.entry.DeadLetterFormat;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.entry.ReplayFormat;
import dev.tandem.tenant.KeyKind;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantKey;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes an exported line of each message, whatever of it can be read.
 *
 * <p>Thread safety: as that of the serdes.
 */
final class EntryLines {
  private static final StreamTopic<byte[]> RAW = StreamTopic.of("export", Serde.bytes());
  private static final byte[] AGGREGATE = "aggregate".getBytes(UTF_8);
  private static final byte[] VERSION = "aggregate_version".getBytes(UTF_8);

  private final Tenant tenant;
  private final Map<String, Serde<?>> topics;
  private final Map<String, Serde<?>> categories;

  EntryLines(Tenant tenant, Map<String, Serde<?>> topics, Map<String, Serde<?>> categories) {
    this.tenant = tenant;
    this.topics = Map.copyOf(topics);
    this.categories = Map.copyOf(categories);
  }

  /** An entry of a stream of any of the kinds that are exported. */
  String entry(TenantKey key, RawEntry entry) {
    return switch (key.kind()) {
      case DEAD_LETTERS -> deadLetter(key, DeadLetterFormat.read(entry));
      case REPLAYED -> replayed(key, ReplayFormat.read(entry));
      case EVENTS -> event(key, entry);
      default ->
          message(
              line(key, "stream").id(entry.id().toString(), entry.id().time()),
              entry,
              topics.get(key.names().get(0)));
    };
  }

  /** A message that waits to be appended. */
  String scheduled(TenantKey key, ScheduledMessage message) {
    Instant since = message.scheduledAt();
    return message(
        line(key, "scheduled")
            .id(message.id().value(), since.equals(Instant.EPOCH) ? null : since)
            .detail("dueAt", message.dueAt().toString()),
        RawEntry.ofFields(message.fields()),
        topics.get(key.names().get(0)));
  }

  /** A key that holds something else than it should. */
  String unreadable(TenantKey key) {
    return line(key, key.kind() == KeyKind.EVENTS ? "event" : "stream")
        .id(key.key().text(), null)
        .fields(Map.of(), "the key does not hold what keys of this name do")
        .text();
  }

  private String deadLetter(TenantKey key, DeadLetter letter) {
    return message(
        line(key, "dead-letter")
            .id(letter.id().value(), letter.movedAt())
            .detail("originalId", letter.originalId().value())
            .detail("reason", letter.reason().name())
            .detail("deliveries", Long.toString(letter.deliveries()))
            .detail("replays", Long.toString(letter.replays()))
            .detail("consumer", letter.consumer())
            .detail("exception", letter.error()),
        RawEntry.ofFields(letter.fields()),
        topics.get(key.names().get(0)));
  }

  private String replayed(TenantKey key, ReplayFormat.Replayed replayed) {
    return message(
        line(key, "replayed")
            .id(replayed.id().toString(), replayed.id().time())
            .detail("originalId", replayed.original().id().toString())
            .detail("replays", Long.toString(replayed.replays())),
        replayed.original(),
        topics.get(key.names().get(0)));
  }

  private String event(TenantKey key, RawEntry entry) {
    return message(
        line(key, "event")
            .id(entry.id().toString(), entry.id().time())
            .detail("aggregate", text(entry.value(AGGREGATE)))
            .detail("version", text(entry.value(VERSION))),
        entry,
        categories.get(key.names().get(0)));
  }

  private ExportLine line(TenantKey key, String kind) {
    String name = key.names().get(0);
    ExportLine line = new ExportLine(tenant.name(), kind, name);
    line.where(key.kind() == KeyKind.EVENTS ? "category" : "topic", name);
    return key.names().size() > 1 ? line.where("group", key.names().get(1)) : line;
  }

  private String message(ExportLine line, RawEntry entry, @Nullable Serde<?> serde) {
    Message<byte[]> message;
    try {
      message = EntryFormat.decode(tenant, RAW, entry);
    } catch (SerdeException e) {
      return line.fields(entry.toMap(0), String.valueOf(e.getMessage())).text();
    }
    if (message.timeToLive() != null) {
      line.detail("timeToLive", message.timeToLive().toString());
    }
    return line.message(message.type(), message.key(), message.headers())
        .payload(message.payload(), serde)
        .text();
  }

  private static String text(byte @Nullable [] value) {
    return value == null ? "" : new String(value, UTF_8);
  }
}
