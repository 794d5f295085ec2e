package dev.tandem.streams;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.GroupKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A topic of one tenant with producers and workers that are closed at the end. */
final class Fixture implements AutoCloseable {
  /** Long enough for any machine: only what never comes costs so much. */
  static final Duration SOON = Duration.ofSeconds(60);

  static final String GROUP = "billing";

  final RedisConnection redis;
  final Tenant tenant;
  final StreamTopic<String> topic = StreamTopic.of("orders", Serde.string());
  final StreamProducer producer;
  final DeadLetters deadLetters;
  private final List<Runnable> open = new ArrayList<>();

  static {
    Awaitility.setDefaultTimeout(SOON);
  }

  Fixture(String url, String tenant) {
    this.redis = RedisConnection.builder().url(url).lazy().build();
    this.tenant = Tenant.of(tenant);
    this.producer = StreamProducer.builder(redis).build();
    this.deadLetters = DeadLetters.of(redis);
  }

  MessageId send(String payload) {
    return producer.sendAndWait(tenant, topic, Message.of("test", payload));
  }

  List<MessageId> send(int count) {
    List<MessageId> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(send("m" + i));
    }
    return ids;
  }

  /** Sends without waiting for each; returns when all are in their streams. */
  void sendTogether(Tenant to, List<Message<String>> messages) {
    List<CompletableFuture<MessageId>> sent = new ArrayList<>();
    messages.forEach(message -> sent.add(producer.send(to, topic, message)));
    sent.forEach(CompletableFuture::join);
  }

  StreamWorkerBuilder<String> worker() {
    return worker(redis);
  }

  StreamWorkerBuilder<String> worker(RedisConnection over) {
    return StreamWorker.builder(over, topic)
        .tenant(tenant)
        .group(GROUP)
        .drainTimeout(Duration.ofSeconds(5))
        .retry(RetryPolicy.fixed(Duration.ofMillis(10)).maxDeliveries(5));
  }

  RedisConnection connection(String url) {
    RedisConnection connection = RedisConnection.builder().url(url).lazy().build();
    open.add(connection::close);
    return connection;
  }

  StreamWorker start(StreamWorkerBuilder<String> builder) throws InterruptedException {
    StreamWorker worker = builder.build();
    open.add(0, worker::closeNow);
    worker.start();
    worker.awaitState(LifecycleState.RUNNING, SOON);
    return worker;
  }

  StreamWorker start(
      StreamHandler<String> handler, UnaryOperator<StreamWorkerBuilder<String>> options)
      throws InterruptedException {
    return start(options.apply(worker()).handler(handler));
  }

  void closeLater(StreamWorker worker) {
    open.add(0, worker::closeNow);
  }

  GroupKeys keys() {
    return KeyLayout.of(redis).stream(tenant, topic.name()).group(GROUP);
  }

  @Nullable Object run(String... command) {
    return redis.commands().execute(command(command));
  }

  /** What changes nothing, and is asked again where the connection was lost. */
  @Nullable Object read(String... command) {
    return redis.commands().execute(command(command).repeatable());
  }

  private static Command command(String... words) {
    Command call = Command.of(words[0]);
    for (int i = 1; i < words.length; i++) {
      call.arg(words[i]);
    }
    return call;
  }

  String stream() {
    return keys().stream().text();
  }

  /** Entries pending in the group, whoever holds them. */
  long pending() {
    return Replies.number(Replies.list(run("XPENDING", stream(), GROUP)).get(0));
  }

  /** Entries pending under one name. */
  List<String> pendingOf(String consumer) {
    return Replies.list(run("XPENDING", stream(), GROUP, "-", "+", "10000", consumer)).stream()
        .map(row -> Replies.text(Replies.list(row).get(0)))
        .toList();
  }

  /** Reads as another consumer that does nothing with it. */
  List<String> readAs(String consumer, int count) {
    Object reply =
        run(
            "XREADGROUP",
            "GROUP",
            GROUP,
            consumer,
            "COUNT",
            Integer.toString(count),
            "STREAMS",
            stream(),
            ">");
    List<String> ids = new ArrayList<>();
    for (Replies.Pair pair : Replies.pairs(reply)) {
      for (Object entry : Replies.list(pair.value())) {
        ids.add(Replies.text(Replies.list(entry).get(0)));
      }
    }
    return ids;
  }

  List<String> consumers() {
    return Replies.list(run("XINFO", "CONSUMERS", stream(), GROUP)).stream()
        .map(info -> Replies.text(Replies.map(info).get("name")))
        .toList();
  }

  /** Destroys the group and makes one of its name at once: a worker would be first in between. */
  void remakeGroup(String position) {
    run(
        "EVAL",
        "redis.call('XGROUP', 'DESTROY', KEYS[1], ARGV[1]); "
            + "return redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], ARGV[2])",
        "1",
        stream(),
        GROUP,
        position);
  }

  void createGroup() {
    run("XGROUP", "CREATE", stream(), GROUP, "0", "MKSTREAM");
  }

  List<DeadLetter> dead() {
    return deadLetters.list(tenant, topic.name(), GROUP, 10_000);
  }

  @Override
  public void close() {
    open.forEach(Runnable::run);
    producer.close(Duration.ofSeconds(1));
    redis.close();
  }
}
