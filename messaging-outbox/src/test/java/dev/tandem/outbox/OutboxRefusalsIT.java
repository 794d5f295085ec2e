package dev.tandem.outbox;

import static dev.tandem.outbox.OutboxStage.BOTH;
import static dev.tandem.outbox.OutboxStage.BOUNDED;
import static dev.tandem.outbox.OutboxStage.CHANNEL;
import static dev.tandem.outbox.OutboxStage.PATIENCE;
import static dev.tandem.outbox.OutboxStage.STREAM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.hybrid.Route;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What cannot be published is set aside, and holds up nobody else. */
@RedisTest
@Timeout(120)
class OutboxRefusalsIT {
  private final RedisServer server;
  private final String tenant;

  OutboxRefusalsIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = tenant;
  }

  @ParameterizedTest
  @EnumSource
  void aPlaceThatIsOfAnotherKind(Databases kind) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      server.execute("SET", stage.prefix() + ":stream:orders", "no stream");
      for (int i = 0; i < 100; i++) {
        stage.save(STREAM, "a:" + i);
        stage.save(CHANNEL, "a:" + i, "b:" + i);
      }
      OutboxRelay relay = stage.startRelay();
      stage.awaitEmpty();
      assertThat(stage.payloadsOnBoard()).hasSize(200);
      assertThat(stage.count("tandem_outbox_failed")).isEqualTo(100);
      await().atMost(PATIENCE).until(() -> relay.stats().setAside() == 100);
      assertThat(relay.stats().failed()).isEqualTo(100);

      server.execute("DEL", stage.prefix() + ":stream:orders");
      List<FailedMessage> failed = failed(stage);
      assertThat(failed.get(0).reason()).startsWith("WRONG_TYPE: ");
      assertThat(failed.get(0).key()).isEqualTo("a");
      stage.transaction(
          connection -> {
            assertThat(stage.outbox.discard(connection, failed.get(0).number())).isTrue();
            for (FailedMessage one : failed.subList(1, 100)) {
              assertThat(stage.outbox.retry(connection, one.number())).isTrue();
            }
            assertThat(stage.outbox.retry(connection, failed.get(0).number())).isFalse();
          });
      stage.awaitEmpty();

      List<String> wanted = new ArrayList<>();
      for (int i = 1; i < 100; i++) {
        wanted.add("a:" + i);
      }
      assertThat(stage.inStream()).isEqualTo(wanted);
      assertThat(failed(stage)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStreamAtItsBound(Databases kind) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      stage.save(BOUNDED, "a:1", "a:2", "a:3", "a:4", "a:5", "a:6", "a:7", "a:8");
      stage.save(BOTH, "a:9");
      stage.startRelay();
      stage.awaitEmpty();

      assertThat(stage.inStream("few")).containsExactly("a:1", "a:2", "a:3", "a:4", "a:5");
      assertThat(stage.inStream()).containsExactly("a:9");
      assertThat(failed(stage)).hasSize(3).allMatch(one -> one.reason().startsWith("STREAM_FULL"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void rowsThatAreAtFaultThemselves(Databases kind) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      stage.save(BOTH, "a:1");
      stage.save(OutboxRoute.of("nowhere", Route.toStream(OutboxStage.TOPIC)), "a:2");
      stage.save(BOTH, "a:3", "a:4", "a:5");
      stage.transaction(
          connection -> {
            damage(connection, "headers = 'not JSON' WHERE id = 3");
            damage(connection, "tenant = 'no:tenant' WHERE id = 4");
            stage.outbox.save(connection, stage.tenant, Message.of("t", "x".repeat(1 << 20)), BOTH);
          });
      stage.startRelay();
      stage.awaitEmpty();

      assertThat(stage.inStream()).contains("a:1", "a:5").hasSize(3);
      assertThat(failed(stage))
          .extracting(one -> one.reason().substring(0, one.reason().indexOf(':')))
          .containsExactly("INVALID_VALUE", "SERDE_FAILED", "INVALID_VALUE");
    }
  }

  @ParameterizedTest
  @EnumSource
  void rowsThatNoOutboxWouldWrite(Databases kind) throws Exception {
    List<String> damages =
        List.of(
            "headers = 'null'",
            "headers = '[]'",
            "headers = '{\"a\":null}'",
            "headers = '{\"a\":{\"b\":1}}'",
            "message_id = ''",
            "ttl_millis = 9000000000000000000",
            "channel_payloads = payload");
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      stage.transaction(
          connection -> {
            for (int i = 0; i < damages.size(); i++) {
              stage.save(connection, BOTH, "a:" + i);
              damage(connection, damages.get(i) + " WHERE id = " + (i + 1));
            }
            stage.save(connection, BOTH, "a:good", "b:good");
          });
      stage.startRelay();
      stage.awaitEmpty();

      assertThat(stage.inStream()).containsExactlyInAnyOrder("a:good", "b:good");
      assertThat(failed(stage)).hasSize(damages.size());
    }
  }

  private static void damage(Connection connection, String change) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("UPDATE tandem_outbox SET " + change);
    }
  }

  private static List<FailedMessage> failed(OutboxStage stage) throws SQLException {
    try (Connection connection = stage.database.getConnection()) {
      return stage.outbox.failed(connection, 0, 1_000);
    }
  }
}
