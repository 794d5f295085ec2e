package dev.tandem.streams.internal.eventstore;

import com.codahale.metrics.Counter;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.tandem.api.Message;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryAudit;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.tenant.AggregateKeys;
import dev.tandem.tenant.internal.quota.DirectQuota;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Changes aggregates and counts what became of it. Safe for use by many threads. */
public final class Appender {
  private final @Nullable DirectQuota quota;
  private final @Nullable EntryAudit audit;
  private final Counter appended;
  private final Counter conflicts;
  private final Timer time;

  /** Appends over this connection. */
  public Appender(RedisConnection redis) {
    MetricRegistry metrics = redis.metrics();
    this.quota = DirectQuota.of(redis, System::nanoTime, "event-store");
    this.audit = EntryAudit.of(redis.audit());
    this.appended = metrics.counter("tandem.streams.event-store.appended");
    this.conflicts = metrics.counter("tandem.streams.event-store.conflicts");
    this.time = metrics.timer("tandem.streams.event-store.append-time");
  }

  /** The fields of the events; all are encoded before anything is sent. */
  public <T> List<List<byte[]>> encode(Place<T> place, List<Message<T>> events, int mostBytes) {
    List<List<byte[]>> encoded = new ArrayList<>(events.size());
    long bytes = 0;
    for (Message<T> event : events) {
      List<byte[]> fields = EntryFormat.encode(place.tenant(), place.topic(), event);
      for (byte[] field : fields) {
        bytes += field.length;
      }
      encoded.add(fields);
    }
    if (bytes > mostBytes) {
      throw new InvalidValueException(
          "size in bytes of one append to category " + place.topic().name(),
          bytes,
          "must be at most " + mostBytes);
    }
    return encoded;
  }

  /** Calls {@code append.lua}, and makes audit records of the events. */
  public Outcome append(
      Place<?> place,
      AggregateKeys keys,
      String commandId,
      long expected,
      int remembered,
      List<List<byte[]>> events) {
    try {
      Outcome outcome = tryAppend(place, keys, commandId, expected, remembered, events);
      // What was appended before may have been other events.
      if (outcome.kind() == Kind.CONFLICT || outcome.count() == events.size()) {
        tell(place, events, outcome.kind() == Kind.CONFLICT ? ErrorCode.VERSION_CONFLICT : null);
      }
      return outcome;
    } catch (MessagingException e) {
      tell(place, events, e.code());
      throw e;
    }
  }

  private void tell(Place<?> place, List<List<byte[]>> events, @Nullable ErrorCode failure) {
    if (audit != null) {
      audit.tell(place.tenant(), place.topic().name(), events, failure);
    }
  }

  private Outcome tryAppend(
      Place<?> place,
      AggregateKeys keys,
      String commandId,
      long expected,
      int remembered,
      List<List<byte[]>> events) {
    if (quota != null) {
      int largest = 0;
      for (List<byte[]> fields : events) {
        largest = Math.max(largest, fields.get(EntryFormat.DATA_VALUE).length);
      }
      quota.publish(place.tenant(), place.topic().name(), events.size(), largest);
    }
    Command command =
        EventScripts.APPEND
            .call(place.keys().category(), keys.stream(), keys.meta())
            .arg(commandId)
            .arg(expected)
            .arg(remembered)
            .arg(keys.id())
            .arg(events.get(0).size());
    events.forEach(fields -> fields.forEach(command::arg));
    Outcome outcome = time.timeSupplier(() -> outcome(place, keys, command));
    if (outcome.kind() == Kind.DONE) {
      appended.inc(events.size());
    }
    return outcome;
  }

  /** Calls {@code delete.lua}. */
  public Outcome delete(Place<?> place, AggregateKeys keys, String callId, long expected) {
    return outcome(
        place,
        keys,
        EventScripts.DELETE
            .call(keys.stream(), keys.meta(), keys.snapshot())
            .arg(expected)
            .arg(callId));
  }

  private Outcome outcome(Place<?> place, AggregateKeys keys, Command command) {
    List<@Nullable Object> reply =
        Replies.list(place.redis().commands().execute(command.repeatable()));
    return switch (Replies.text(reply.get(0))) {
      case "appended" -> done(Kind.DONE, reply);
      case "repeated" -> done(Kind.BEFORE, reply);
      case "deleted" -> new Outcome(Kind.DONE, 0, Replies.number(reply.get(1)), "", false);
      case "absent" -> new Outcome(Kind.BEFORE, 0, Replies.number(reply.get(1)), "", false);
      case "conflict" -> {
        conflicts.inc();
        yield new Outcome(
            Kind.CONFLICT, 0, Replies.number(reply.get(1)), "", Replies.number(reply.get(2)) == 1);
      }
      default -> throw place.damaged(keys, Replies.text(reply.get(1)));
    };
  }

  private static Outcome done(Kind kind, List<@Nullable Object> reply) {
    return new Outcome(
        kind,
        Replies.number(reply.get(1)),
        Replies.number(reply.get(2)),
        Replies.text(reply.get(3)),
        false);
  }

  /** What became of a change. */
  public enum Kind {
    /** It was made now. */
    DONE,
    /** It had been made before; nothing was changed. */
    BEFORE,
    /** The aggregate was not as expected; nothing was changed. */
    CONFLICT
  }

  /**
   * What a script said.
   *
   * @param kind what became of the change
   * @param first the first version appended, or 0
   * @param version the last version appended, or where the aggregate stands
   * @param position the position of the last event appended, or empty
   * @param isDeleted whether the aggregate conflicts for being deleted
   */
  public record Outcome(Kind kind, long first, long version, String position, boolean isDeleted) {
    /** How many events were appended. */
    public long count() {
      return version - first + 1;
    }
  }
}
