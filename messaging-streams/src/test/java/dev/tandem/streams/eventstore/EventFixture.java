package dev.tandem.streams.eventstore;

import dev.tandem.api.Message;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.tenant.AggregateKeys;
import dev.tandem.tenant.EventKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An event store for one tenant, and what was opened beside it. */
final class EventFixture implements AutoCloseable {
  static final Duration SOON = Duration.ofSeconds(60);

  final RedisConnection redis;
  final Tenant tenant;
  final EventCategory<String> category = EventCategory.of("accounts", Serde.string());
  final EventStore store;
  private final List<Runnable> open = new ArrayList<>();

  EventFixture(String url, String tenant) {
    this.redis = RedisConnection.builder().url(url).lazy().build();
    this.tenant = Tenant.of(tenant);
    this.store = EventStore.of(redis);
  }

  static List<Message<String>> events(String... payloads) {
    return Arrays.stream(payloads).map(payload -> Message.of("test", payload)).toList();
  }

  AppendResult append(String id, ExpectedVersion expected, String... payloads) {
    return store.append(tenant, category, id, expected, events(payloads));
  }

  AppendResult append(String id, String... payloads) {
    return append(id, ExpectedVersion.any(), payloads);
  }

  List<RecordedEvent<String>> read(String id) {
    return list(store.read(tenant, category, id));
  }

  List<String> payloads(String id) {
    return read(id).stream().map(RecordedEvent::payload).toList();
  }

  List<RecordedEvent<String>> readCategory() {
    return list(store.readCategory(tenant, category, CategoryPosition.BEGINNING));
  }

  static <E> List<E> list(Iterable<E> elements) {
    List<E> list = new ArrayList<>();
    elements.forEach(list::add);
    return list;
  }

  RedisConnection connection(String url) {
    RedisConnection connection = RedisConnection.builder().url(url).lazy().build();
    open.add(connection::close);
    return connection;
  }

  void closeLater(Runnable close) {
    open.add(0, close);
  }

  EventKeys keys() {
    return KeyLayout.of(redis).events(tenant, category.name());
  }

  AggregateKeys keys(String id) {
    return keys().aggregate(id);
  }

  @Nullable Object run(String... command) {
    Command call = Command.of(command[0]);
    for (int i = 1; i < command.length; i++) {
      call.arg(command[i]);
    }
    return redis.commands().execute(call);
  }

  @Override
  public void close() {
    open.forEach(Runnable::run);
    redis.close();
  }
}
