package dev.tandem.streams.internal.transaction;

import dev.tandem.api.Message;
import dev.tandem.api.audit.AuditRecord;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.audit.AuditTrail;
import dev.tandem.streams.Delivery;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.Transaction;
import dev.tandem.streams.TransactionState;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.internal.quota.DirectQuota;
import dev.tandem.tenant.internal.quota.TransactionRights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gathers what a handler wants to happen. For one thread. */
final class TransactionBuffer<T> implements Transaction<T>, OpenTransaction {
  private final RedisConnection redis;
  private final KeyLayout keys;
  private final @Nullable TransactionRights rights;
  private final Delivery<T> delivery;
  private final Rooms rooms = new Rooms();
  private final Operations outputs = new Operations(CommitScript.PLAIN, rooms);
  private final Operations added = new Operations(CommitScript.PLAIN, rooms);
  private final List<Published> published = new ArrayList<>();
  private final Map<String, StateBuffer> states = new LinkedHashMap<>();
  private CommitScript script = CommitScript.PLAIN;
  private int sent;
  private int fields;
  private boolean ended;

  TransactionBuffer(
      RedisConnection redis, KeyLayout keys, @Nullable DirectQuota quota, Delivery<T> delivery) {
    this.rights = quota == null ? null : quota.begin(delivery.tenant());
    this.redis = redis;
    this.keys = keys;
    this.delivery = delivery;
  }

  @Override
  public Delivery<T> delivery() {
    return delivery;
  }

  @Override
  public <R> void send(StreamTopic<R> topic, Message<R> message) {
    checkOpen();
    Require.notNull("topic", topic);
    Require.notNull("message", message);
    StreamKeys stream = keys.stream(delivery.tenant(), topic.name());
    List<byte[]> fields = EntryFormat.encode(delivery.tenant(), topic, message);
    if (rights != null) {
      int payload = fields.get(EntryFormat.DATA_VALUE).length;
      rights.append(stream, topic.name(), EntryFormat.size(fields), payload);
    }
    addOutput(topic, new Operation(Operation.APPEND, List.of(stream.stream()), fields));
    note(AuditRecord.Kind.STREAM, topic.name(), message);
  }

  @Override
  public KeyLayout keys() {
    return keys;
  }

  @Override
  public @Nullable TransactionRights rights() {
    return rights;
  }

  @Override
  public int addOutput(StreamTopic<?> topic, Operation output) {
    checkOpen();
    if (sent == MOST_OUTPUTS) {
      throw tooMany("messages in the transaction", MOST_OUTPUTS);
    }
    outputs.add(output);
    rooms.add(output.keys().get(0), topic);
    return ++sent;
  }

  @Override
  public void note(AuditRecord.Kind kind, String destination, Message<?> message) {
    if (redis.audit() != null) {
      published.add(new Published(kind, destination, message.type(), message.key()));
    }
  }

  /** All has happened. */
  void tellAudit() {
    AuditTrail audit = redis.audit();
    if (audit != null) {
      String tenant = delivery.tenant().name();
      published.forEach(
          each ->
              audit.add(
                  "", tenant, each.kind, each.destination, each.type, each.key, null, 0, null));
    }
  }

  private record Published(
      AuditRecord.Kind kind, String destination, String type, @Nullable String key) {}

  @Override
  public void commitBy(CommitScript script) {
    this.script = script;
  }

  @Override
  public void add(Operation operation) {
    checkOpen();
    added.add(operation);
  }

  @Override
  public TransactionState state(String name) {
    checkOpen();
    StateBuffer known = states.get(Require.notNull("state", name));
    if (known == null) {
      known = new StateBuffer(redis, keys.state(delivery.tenant(), name), this);
      states.put(name, known);
    }
    return known;
  }

  void countField() {
    if (fields == MOST_FIELDS) {
      throw tooMany("fields of state in the transaction", MOST_FIELDS);
    }
    fields++;
  }

  private static InvalidValueException tooMany(String what, int most) {
    return new InvalidValueException(what, most + 1, "must be at most " + most);
  }

  @Override
  public void checkOpen() {
    if (ended) {
      throw new IllegalStateException(
          "the transaction of " + delivery + " is over: its handler has returned");
    }
  }

  /** The handler has returned or thrown. */
  void end() {
    ended = true;
  }

  /** Nothing comes of it: what it has taken of quotas is given back. */
  void giveBack() {
    if (rights != null) {
      rights.giveBack();
    }
  }

  /** All that is to happen, what was read first. */
  Operations operations() {
    Operations all = new Operations(script, rooms);
    states.values().forEach(state -> state.addExpectations(all));
    rooms.addTo(all);
    all.addAll(outputs);
    all.addAll(added);
    states.values().forEach(state -> state.addChanges(all));
    return all;
  }
}
