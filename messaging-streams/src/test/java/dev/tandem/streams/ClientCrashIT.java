package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Replies;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A consumer, or a producer, in a JVM of its own is killed or frozen with its hands full; and the
 * server is frozen for longer than a consumer's lease.
 */
@RedisTest(dedicated = true)
class ClientCrashIT {
  private static final Duration LEASE = Duration.ofSeconds(1);

  private final RedisServer server;
  private final String tenant;
  private final Fixture fixture;
  private @Nullable Process process;

  ClientCrashIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = tenant;
    this.fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() throws Exception {
    kill();
    fixture.close();
  }

  @Test
  void whatAKilledConsumerHeldIsTakenOverAndMarked() throws Exception {
    List<MessageId> ids = fixture.send(3);
    BufferedReader out = start("consume", Long.toString(LEASE.toMillis()));
    assertThat(out.readLine()).isEqualTo("holds " + ids.get(0) + " 1");
    assertThat(out.readLine()).isEqualTo("holds " + ids.get(1) + " 1");
    kill();
    try (StreamConsumer survivor = consumer()) {
      List<String> got = new ArrayList<>();
      await().atMost(SOON).until(() -> got.addAll(ackAll(survivor)) && got.size() == 3);
      assertThat(got)
          .containsExactlyInAnyOrder(ids.get(0) + " 2", ids.get(1) + " 2", ids.get(2) + " 1");
      assertThat(fixture.pending()).isZero();
      assertThat(survivor.stats().takenOver()).isEqualTo(2);
    }
  }

  @Test
  void aConsumerFrozenForLongerThanItsLeaseIsToldSoAndUndoesNothing() throws Exception {
    List<MessageId> ids = fixture.send(2);
    BufferedReader out = start("consume", Long.toString(LEASE.toMillis()));
    assertThat(out.readLine()).startsWith("holds ");
    assertThat(out.readLine()).startsWith("holds ");
    signal("-STOP");
    try (StreamConsumer survivor = consumer()) {
      List<HeldDelivery<String>> taken = new ArrayList<>();
      await().atMost(SOON).until(() -> taken.addAll(poll(survivor)) && taken.size() == 2);
      taken.get(0).ack();
      signal("-CONT");
      new PrintStream(Objects.requireNonNull(process).getOutputStream(), true).println();
      // Finished work is acknowledged whoever holds it, but who lost the lease is told.
      assertThat(out.readLine()).startsWith("LEASE_LOST ");
      assertThat(out.readLine()).startsWith("LEASE_LOST ");
      assertThat(taken).extracting(Delivery::deliveries).containsOnly(2L);
      assertThat(taken).extracting(Delivery::id).containsExactlyInAnyOrderElementsOf(ids);
      taken.get(1).ack();
      await().atMost(SOON).until(() -> fixture.pending() == 0);
      assertThat(fixture.dead()).isEmpty();
    }
  }

  @Test
  void aConsumerWhoseServerWasFrozenForSeveralLeasesLosesNothing() {
    try (StreamConsumer one = consumer();
        StreamConsumer two = consumer()) {
      List<MessageId> ids = fixture.send(20);
      List<HeldDelivery<String>> held = one.poll(fixture.tenant, fixture.topic, 10, SOON);
      assertThat(held).hasSize(10);
      server.pause();
      await().pollDelay(LEASE.multipliedBy(3)).until(() -> true);
      server.resume();
      List<String> got = new ArrayList<>();
      await()
          .atMost(SOON)
          .ignoreExceptionsInstanceOf(MessagingException.class)
          .until(() -> got.addAll(ackAll(two)) && got.size() >= 10);
      held.forEach(ClientCrashIT::settle);
      await()
          .atMost(SOON)
          .ignoreExceptionsInstanceOf(MessagingException.class)
          .until(
              () -> {
                got.addAll(ackAll(two));
                return fixture.pending() == 0;
              });
      // What was held may have been taken over amid the silence, and is marked then.
      List<String> all = new ArrayList<>(got);
      held.forEach(delivery -> all.add(delivery.id() + " 1"));
      assertThat(all).doesNotHaveDuplicates();
      assertThat(all.stream().map(text -> text.substring(0, text.indexOf(' '))).distinct())
          .containsExactlyInAnyOrderElementsOf(ids.stream().map(MessageId::value).toList());
      assertThat(fixture.dead()).isEmpty();
    }
  }

  @Test
  void whatAKilledProducerWasToldIsThereIsThereOnce() throws Exception {
    BufferedReader out = start("produce");
    List<String> confirmed = new ArrayList<>();
    while (confirmed.size() < 500) {
      confirmed.add(Objects.requireNonNull(out.readLine()).substring("sent ".length()));
    }
    kill();
    List<String> there = new ArrayList<>();
    for (Object entry : Replies.list(fixture.run("XRANGE", fixture.stream(), "-", "+"))) {
      List<?> fields = Replies.list(Replies.list(entry).get(1));
      int data = fields.stream().map(Replies::text).toList().indexOf("data");
      there.add(
          Replies.text(Replies.list(entry).get(0)) + " " + Replies.text(fields.get(data + 1)));
    }
    assertThat(there).containsAll(confirmed);
    // In the order in which they were sent, each once, without a hole.
    assertThat(there.stream().map(line -> line.substring(line.indexOf(' ') + 1)))
        .containsExactlyElementsOf(
            IntStream.range(0, there.size()).mapToObj(i -> "m" + i).toList());
  }

  private StreamConsumer consumer() {
    return StreamConsumer.builder(fixture.redis).group(GROUP).lease(LEASE).build();
  }

  private List<HeldDelivery<String>> poll(StreamConsumer consumer) {
    return consumer.poll(fixture.tenant, fixture.topic, 10);
  }

  private List<String> ackAll(StreamConsumer consumer) {
    List<HeldDelivery<String>> polled = poll(consumer);
    polled.forEach(ClientCrashIT::settle);
    return polled.stream().map(one -> one.id() + " " + one.deliveries()).toList();
  }

  /** Acknowledges, however long the server does not answer. */
  private static void settle(HeldDelivery<String> delivery) {
    await()
        .atMost(SOON)
        .ignoreExceptionsInstanceOf(MessagingException.class)
        .until(() -> delivery.isSettled() || delivery.ack() != null);
  }

  private BufferedReader start(String... what) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                CrashingClient.class.getName(),
                server.url(),
                tenant));
    command.addAll(Arrays.asList(what));
    Process started =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    process = started;
    return started.inputReader();
  }

  private void signal(String signal) throws Exception {
    Process kill =
        new ProcessBuilder("kill", signal, Long.toString(Objects.requireNonNull(process).pid()))
            .start();
    assertThat(kill.waitFor()).isZero();
  }

  private void kill() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
  }
}
