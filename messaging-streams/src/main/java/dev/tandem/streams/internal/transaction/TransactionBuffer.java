package dev.tandem.streams.internal.transaction;

import dev.tandem.api.Message;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.Delivery;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.Transaction;
import dev.tandem.streams.TransactionState;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.tenant.KeyLayout;
import java.util.LinkedHashMap;
import java.util.Map;

/** Gathers what a handler wants to happen. For one thread. */
final class TransactionBuffer<T> implements Transaction<T> {
  private final RedisConnection redis;
  private final KeyLayout keys;
  private final Delivery<T> delivery;
  private final Operations outputs = new Operations();
  private final Map<String, StateBuffer> states = new LinkedHashMap<>();
  private int sent;
  private int fields;
  private boolean ended;

  TransactionBuffer(RedisConnection redis, KeyLayout keys, Delivery<T> delivery) {
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
    if (sent == MOST_OUTPUTS) {
      throw tooMany("messages in the transaction", MOST_OUTPUTS);
    }
    outputs.add(
        Operations.APPEND,
        keys.stream(delivery.tenant(), topic.name()).stream(),
        EntryFormat.encode(delivery.tenant(), topic, message));
    sent++;
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

  void checkOpen() {
    if (ended) {
      throw new IllegalStateException(
          "the transaction of " + delivery + " is over: its handler has returned");
    }
  }

  /** The handler has returned or thrown. */
  void end() {
    ended = true;
  }

  /** All that is to happen, what was read first. */
  Operations operations() {
    Operations all = new Operations();
    states.values().forEach(state -> state.addExpectations(all));
    all.addAll(outputs);
    states.values().forEach(state -> state.addChanges(all));
    return all;
  }
}
