package dev.tandem.outbox;

import static dev.tandem.outbox.OutboxStage.BOTH;
import static dev.tandem.outbox.OutboxStage.CHANNEL;
import static dev.tandem.outbox.OutboxStage.PATIENCE;
import static dev.tandem.outbox.OutboxStage.STREAM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.pubsub.internal.frame.FrameMessage;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is committed is published; what is rolled back is not. */
@RedisTest
@Timeout(120)
class OutboxIT {
  private final RedisServer server;
  private final String tenant;

  OutboxIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = tenant;
  }

  @ParameterizedTest
  @EnumSource
  void aMessageGoesWhereItsRouteLeadsWithAllItHas(Databases kind) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      AtomicReference<MessageId> both = new AtomicReference<>();
      AtomicReference<MessageId> channel = new AtomicReference<>();
      Message<String> message =
          Message.of("placed", "first")
              .key("käse ✓")
              .header("who", "me \"quoted\"")
              .header("empty", "")
              .expiresAfter(Duration.ofHours(1));
      stage.transaction(
          connection -> {
            both.set(stage.outbox.save(connection, stage.tenant, message, BOTH));
            channel.set(
                stage.outbox.save(
                    connection, stage.tenant, Message.of("viewed", "second"), CHANNEL));
            stage.outbox.save(connection, stage.tenant, Message.of("placed", "third"), STREAM);
          });
      OutboxRelay relay = stage.startRelay();
      stage.awaitEmpty();

      Map<String, Map<String, String>> entries = stage.streamEntries("orders");
      assertThat(stage.inStream()).containsExactlyInAnyOrder("first", "third");
      Map.Entry<String, Map<String, String>> first =
          entries.entrySet().stream()
              .filter(entry -> "first".equals(entry.getValue().get("data")))
              .findAny()
              .orElseThrow();
      assertThat(first.getValue())
          .containsEntry("type", "placed")
          .containsEntry("key", "käse ✓")
          .containsEntry("ttl", "3600000")
          .containsKey("positions");
      assertThat(first.getValue().get("headers"))
          .contains(
              "me \\\"quoted\\\"", Outbox.ID_HEADER, Objects.requireNonNull(both.get()).value());
      assertThat(stage.payloadsOnBoard()).containsExactlyInAnyOrder("first", "second");
      FrameMessage live =
          stage.onBoard().stream()
              .filter(one -> one.type().equals("placed"))
              .findAny()
              .orElseThrow();
      assertThat(live.id().value()).isEqualTo(first.getKey());
      assertThat(live.key()).isEqualTo("käse ✓");
      assertThat(live.headers().get("empty")).contains("");
      FrameMessage alone =
          stage.onBoard().stream()
              .filter(one -> one.type().equals("viewed"))
              .findAny()
              .orElseThrow();
      assertThat(alone.id()).isEqualTo(channel.get());
      assertThat(alone.key()).isNull();
      await().atMost(PATIENCE).until(() -> relay.stats().published() == 3);
      assertThat(relay.stats().failed()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsRolledBackIsNotPublished(Databases kind) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      stage.startRelay();
      try (Connection connection = stage.database.getConnection()) {
        connection.setAutoCommit(false);
        stage.save(connection, BOTH, "k:1");
        connection.rollback();
        stage.save(connection, BOTH, "k:2");
        connection.commit();
      }
      stage.awaitEmpty();

      assertThat(stage.inStream()).containsExactly("k:2");
      assertThat(stage.payloadsOnBoard()).containsExactly("k:2");
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatCommitsLateIsNotPassedOver(Databases kind) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      stage.startRelay();
      try (Connection late = stage.database.getConnection()) {
        late.setAutoCommit(false);
        stage.save(late, BOTH, "late:1");
        stage.save(BOTH, "k:1", "late:2");
        stage.awaitEmpty(); // it does not see what is not committed, and has gone beyond it

        late.commit();
      }
      stage.awaitEmpty();

      assertThat(stage.inStream()).containsExactlyInAnyOrder("k:1", "late:2", "late:1");
    }
  }

  @ParameterizedTest
  @EnumSource
  void threeRelaysShareTheWorkAndAnyOfThemDoesAllOfIt(Databases kind) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      List<OutboxRelay> relays = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        relays.add(
            stage.started(
                OutboxStage.builder(stage.connect(server.url()), stage.database)
                    .lease(Duration.ofSeconds(6))));
      }
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  relays.stream().mapToInt(relay -> relay.stats().partitions()).sum() == 16
                      && relays.stream().allMatch(relay -> relay.stats().partitions() >= 4));
      String[] all =
          IntStream.range(0, 1_000)
              .mapToObj(i -> "k" + i % 37 + ":" + i / 37)
              .toArray(String[]::new);
      stage.save(BOTH, all);
      stage.awaitEmpty();

      OutboxStage.assertOnceAndInOrder(stage.inStream(), List.of(all), "stream");
      OutboxStage.assertOnceAndInOrder(stage.payloadsOnBoard(), List.of(all), "channel");
      await()
          .atMost(PATIENCE)
          .until(() -> relays.stream().mapToLong(one -> one.stats().published()).sum() == 1_000);
      assertThat(relays).filteredOn(relay -> relay.stats().published() > 0).hasSizeGreaterThan(1);

      relays.get(0).close();
      relays.get(1).close();
      await().atMost(PATIENCE).until(() -> relays.get(2).stats().partitions() == 16);
      assertThat(relays.get(0).state()).isEqualTo(LifecycleState.STOPPED);
      assertThat(relays.get(0).health().status()).isEqualTo(Health.Status.DOWN);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSaveIsRefusedWhereItWouldPromiseTooMuch(Databases kind) throws SQLException, Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind);
        Connection connection = stage.database.getConnection()) {
      Message<String> small = Message.of("t", "p");
      assertThatThrownBy(() -> stage.outbox.save(connection, stage.tenant, small, BOTH))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageContaining("auto-commit of the connection was true");
      connection.setAutoCommit(false);
      Message<String> large = Message.of("t", "x".repeat((1 << 20) + 1));
      assertThatThrownBy(() -> stage.outbox.save(connection, stage.tenant, large, BOTH))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageContaining("payload size in bytes for topic orders");
      connection.commit();
      assertThat(stage.count(OutboxSchema.DEFAULT_TABLE)).isZero();
    }
  }
}
