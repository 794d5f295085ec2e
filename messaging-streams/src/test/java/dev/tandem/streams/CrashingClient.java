package dev.tandem.streams;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Started in a JVM of its own, to be killed or frozen while it polls by hand, or sends. */
final class CrashingClient {
  private CrashingClient() {}

  /**
   * Arguments: URL, tenant, then {@code consume} with the lease in ms, or {@code produce}. A
   * consumer polls two, prints {@code holds <id> <deliveries>} for each, and at a line on its
   * standard input acknowledges them and prints {@code <settlement> <id>}. A producer sends until
   * it is killed, and prints {@code sent <id> <payload>} for what was confirmed.
   */
  public static void main(String[] arguments) throws Exception {
    try (Fixture fixture = new Fixture(arguments[0], arguments[1])) {
      if (arguments[2].equals("consume")) {
        consume(fixture, Duration.ofMillis(Long.parseLong(arguments[3])));
      } else {
        produce(fixture);
      }
    }
  }

  private static void consume(Fixture fixture, Duration lease) throws Exception {
    StreamConsumer consumer =
        StreamConsumer.builder(fixture.redis).group(Fixture.GROUP).lease(lease).build();
    List<HeldDelivery<String>> held =
        consumer.poll(fixture.tenant, fixture.topic, 2, Duration.ofSeconds(30));
    for (HeldDelivery<String> delivery : held) {
      System.out.println("holds " + delivery.id() + " " + delivery.deliveries());
    }
    if (System.in.read() < 0) {
      return; // who started it is gone
    }
    for (HeldDelivery<String> delivery : held) {
      System.out.println(delivery.ack() + " " + delivery.id());
    }
    consumer.close();
  }

  private static void produce(Fixture fixture) {
    try (StreamProducer producer = StreamProducer.builder(fixture.redis).idempotent().build()) {
      for (int i = 0; ; i++) {
        String payload = "m" + i;
        CompletableFuture<MessageId> result =
            producer.send(fixture.tenant, fixture.topic, Message.of("t", payload));
        CompletableFuture<Void> said =
            result.thenAccept(id -> System.out.println("sent " + id + " " + payload));
        if (i % 50 == 49) {
          said.join();
        }
      }
    }
  }
}
