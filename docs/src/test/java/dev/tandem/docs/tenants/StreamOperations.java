package dev.tandem.docs.tenants;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.streams.HeldDelivery;
import dev.tandem.streams.StateStore;
import dev.tandem.streams.StreamConsumer;
import dev.tandem.streams.StreamPosition;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamRange;
import dev.tandem.streams.StreamReader;
import dev.tandem.streams.StreamTail;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.streams.StreamWorkerBuilder;
import dev.tandem.streams.Transaction;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/** Producing, consuming and reading. */
final class StreamOperations {
  private static final Duration NONE = Duration.ZERO;
  private static final MessageId ANY = MessageId.of("1-1");

  private StreamOperations() {}

  static List<Operation<?>> producing() {
    return List.of(
        Operation.of(
            "StreamProducer.send(Tenant,StreamTopic,Message)",
            w -> World.get(producer(w).send(w.tenant, w.topic, w.message()))),
        Operation.of(
            "StreamProducer.sendAndWait(Tenant,StreamTopic,Message)",
            w ->
                w.open(StreamProducer.builder(w.redis).idempotent().build())
                    .sendAndWait(w.tenant, w.topic.boundedTo(1_000), w.message())),
        Operation.of(
            "StreamProducer.flush(Duration)",
            w -> {
              StreamProducer producer = producer(w);
              var sent = producer.send(w.tenant, w.topic, w.message());
              producer.flush(World.PATIENCE);
              return World.get(sent);
            }),
        Operation.of(
            "StreamProducer.close(Duration)",
            w -> {
              StreamProducer producer = producer(w);
              var sent = producer.send(w.tenant, w.topic, w.message());
              producer.close(World.PATIENCE);
              return World.get(sent);
            }));
  }

  private static StreamProducer producer(World w) {
    return w.open(StreamProducer.builder(w.redis).build());
  }

  static List<Operation<?>> consuming() {
    return List.of(
        Operation.of(
            "StreamConsumer.poll(Tenant,StreamTopic,int)",
            w -> consumer(w).poll(w.tenant, w.topic, 10)),
        Operation.of(
            "StreamConsumer.poll(Tenant,StreamTopic,int,Duration)", StreamOperations::held),
        Operation.of(
            "StreamConsumer.ack(Collection)",
            World::sent,
            (w, id) -> {
              StreamConsumer consumer = consumer(w);
              consumer.ack(consumer.poll(w.tenant, w.topic, 10));
            }),
        Operation.of("HeldDelivery.ack()", w -> held(w).ack()),
        Operation.of("HeldDelivery.ackAsync()", w -> World.get(held(w).ackAsync())),
        Operation.of("HeldDelivery.retry()", w -> held(w).retry()),
        Operation.of("HeldDelivery.retry(Duration)", w -> held(w).retry(Duration.ofSeconds(1))),
        Operation.of("HeldDelivery.reject(String)", w -> held(w).reject("not wanted")),
        Operation.of("HeldDelivery.extend()", w -> held(w).extend()),
        Operation.of(
            "StreamWorker.start()",
            World::sent,
            (w, id) -> {
              CountDownLatch handled = new CountDownLatch(1);
              work(w, worker(w, "w1").handler((m, d) -> handled.countDown()), handled);
            }),
        Operation.of(
            "StreamWorker.add(Tenant)",
            World::sent,
            (w, id) -> {
              CountDownLatch handled = new CountDownLatch(1);
              StreamWorker worker =
                  w.open(
                      StreamWorker.builder(w.redis, w.topic)
                          .group("w5")
                          .discoverTenants(Set::of)
                          .handler((m, d) -> handled.countDown())
                          .build());
              worker.start();
              worker.add(w.tenant);
              World.await(() -> handled.getCount() == 0, worker::health);
              World.get(worker.remove(w.tenant));
            }),
        Operation.of(
            "TenantSource.tenants()",
            World::sent,
            (w, id) -> {
              CountDownLatch handled = new CountDownLatch(1);
              StreamWorkerBuilder<String> worker =
                  StreamWorker.builder(w.redis, w.topic)
                      .group("w6")
                      .discoverTenants(() -> Set.of(w.tenant));
              work(w, worker.handler((m, d) -> handled.countDown()), handled);
            }),
        Operation.of(
            "Batch.acknowledge(Delivery)",
            World::sent,
            (w, id) -> {
              CountDownLatch handled = new CountDownLatch(1);
              StreamWorkerBuilder<String> worker = worker(w, "w2");
              worker.batchHandler(
                  batch -> {
                    batch.retry(batch.deliveries().get(0), NONE);
                    batch.deliveries().forEach(batch::acknowledge);
                    handled.countDown();
                  },
                  10,
                  NONE);
              work(w, worker, handled);
            }),
        Operation.of(
            "Batch.reject(Delivery,String)",
            World::sent,
            (w, id) -> {
              CountDownLatch handled = new CountDownLatch(1);
              StreamWorkerBuilder<String> worker = worker(w, "w3");
              worker.batchHandler(
                  batch -> {
                    batch.deliveries().forEach(each -> batch.reject(each, "not wanted"));
                    handled.countDown();
                  },
                  10,
                  NONE);
              work(w, worker, handled);
            }),
        Operation.of(
            "Transaction.send(StreamTopic,Message)",
            World::sent,
            (w, id) -> {
              StreamWorkerBuilder<String> worker =
                  StreamWorker.builder(w.redis, w.topic).tenant(w.tenant).group("w4");
              StreamTopic<String> results = StreamTopic.of("results", w.topic.serde());
              StreamWorker running =
                  w.open(worker.transactional((m, t) -> transact(t, results)).build());
              running.start();
              World.await(() -> running.stats().acknowledged() > 0, running::health);
            }));
  }

  private static void transact(Transaction<String> transaction, StreamTopic<String> results) {
    transaction.send(results, Message.of("done", "result"));
    var state = transaction.state("totals");
    state.get("a");
    state.getAll(List.of("a", "b"));
    state.getLong("count");
    state.put("a", "1");
    state.put("count", 1);
    state.delete("b");
    state.increment("sum", 1);
  }

  private static StreamConsumer consumer(World w) {
    return w.open(StreamConsumer.builder(w.redis).group("mine").build());
  }

  /** A delivery to a group of its own. */
  private static HeldDelivery<String> held(World w) {
    return consumer(w).poll(w.tenant, w.topic, 1, w.wait).get(0);
  }

  private static StreamWorkerBuilder<String> worker(World w, String group) {
    return StreamWorker.builder(w.redis, w.topic).tenant(w.tenant).group(group);
  }

  private static void work(World w, StreamWorkerBuilder<String> builder, CountDownLatch handled)
      throws Exception {
    StreamWorker worker = w.open(builder.build());
    worker.start();
    World.await(() -> handled.getCount() == 0, worker::health);
    worker.pause();
    worker.resume();
    worker.closeNow();
  }

  static List<Operation<?>> reading() {
    return List.of(
        Operation.of(
            "StreamReader.get(Tenant,StreamTopic,MessageId)",
            World::sent,
            (w, id) -> World.require(reader(w).get(w.tenant, w.topic, id))),
        Operation.of(
            "StreamReader.range(Tenant,StreamTopic,StreamRange,int)",
            w -> reader(w).range(w.tenant, w.topic, StreamRange.all(), 10)),
        Operation.of(
            "StreamReader.reverseRange(Tenant,StreamTopic,StreamRange,int)",
            w -> reader(w).reverseRange(w.tenant, w.topic, StreamRange.all(), 10)),
        Operation.of(
            "StreamReader.since(Tenant,StreamTopic,MessageId,int)",
            w -> reader(w).since(w.tenant, w.topic, ANY, 10)),
        Operation.of(
            "StreamReader.between(Tenant,StreamTopic,Instant,Instant,int)",
            w -> reader(w).between(w.tenant, w.topic, Instant.EPOCH, Instant.now(), 10)),
        Operation.of(
            "StreamReader.since(Tenant,Map,int)",
            w -> reader(w).since(w.tenant, Map.of(w.topic, ANY), 10)),
        Operation.of(
            "StreamReader.tail(Tenant,StreamTopic,StreamPosition)", w -> tail(w).poll(w.wait)),
        Operation.of(
            "StreamReader.tail(Tenant,Collection,StreamPosition)",
            w ->
                w.open(reader(w).tail(w.tenant, List.of(w.topic), StreamPosition.at(Instant.EPOCH)))
                    .poll(w.wait)),
        Operation.of(
            "StreamReader.tail(Tenant,Map)",
            w ->
                w.open(reader(w).tail(w.tenant, Map.of(w.topic, StreamPosition.now())))
                    .poll(Duration.ofMillis(50))),
        Operation.of("StreamTail.poll(Duration)", w -> tail(w).poll(w.wait)),
        Operation.of("StreamTail.poll(Duration,int)", w -> tail(w).poll(w.wait, 1)),
        Operation.of(
            "StateStore.get(Tenant,String,String)",
            w -> StateStore.of(w.redis).get(w.tenant, "totals", "a")),
        Operation.of(
            "StateStore.getAll(Tenant,String,Collection)",
            w -> StateStore.of(w.redis).getAll(w.tenant, "totals", List.of("a"))),
        Operation.of(
            "StateStore.getAll(Tenant,String)",
            w -> StateStore.of(w.redis).getAll(w.tenant, "totals")),
        Operation.of(
            "StateStore.size(Tenant,String)",
            w -> StateStore.of(w.redis).size(w.tenant, "totals")));
  }

  private static StreamReader reader(World w) {
    return StreamReader.of(w.redis);
  }

  private static StreamTail<String> tail(World w) {
    return w.open(reader(w).tail(w.tenant, w.topic, StreamPosition.beginning()));
  }
}
