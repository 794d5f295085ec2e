package dev.tandem.outbox;

import static dev.tandem.outbox.OutboxStage.BOTH;
import static dev.tandem.outbox.OutboxStage.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Redis and the database break while relays work. */
@RedisTest(dedicated = true, appendOnly = true)
@Timeout(180)
class OutboxFaultsIT {
  private final RedisServer server;
  private final String tenant;
  private final List<String> saved = new ArrayList<>();

  OutboxFaultsIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = tenant;
  }

  @Test
  void aServerKilledAgainAndAgain() throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, Databases.POSTGRESQL)) {
      List<OutboxRelay> relays = List.of(stage.startRelay(), stage.startRelay());
      for (int kill = 0; kill < 3; kill++) {
        int before = saved.size();
        save(stage, 1_000);
        await().atMost(PATIENCE).until(() -> stage.inStream().size() > before + 50);
        server.kill();
        save(stage, 100);
        // Not each: one that was late for a moment has no share just now, and nothing to recover.
        await().atMost(PATIENCE).until(() -> relays.stream().anyMatch(OutboxFaultsIT::recovers));
        server.restart();
        stage.awaitEmpty();
      }
      await().atMost(PATIENCE).until(() -> relays.stream().noneMatch(OutboxFaultsIT::recovers));
      assertAll(stage);
    }
  }

  private static boolean recovers(OutboxRelay relay) {
    return relay.state() == LifecycleState.RECOVERING;
  }

  @ParameterizedTest
  @EnumSource
  void repliesLostAfterTheCallWasExecuted(Databases kind, FaultProxy proxy) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      OutboxRelay relay = stage.startRelay(proxy.url(), stage.database);
      for (int i = 0; i < 10; i++) {
        long before = proxy.droppedReplies();
        proxy.executeButDropReply(command -> command.contains("EVAL"));
        save(stage, 100);
        await().atMost(PATIENCE).until(() -> proxy.droppedReplies() > before);
      }
      stage.awaitEmpty();
      assertAll(stage);
      assertThat(relay.stats().resent()).isPositive();
      await().atMost(PATIENCE).until(() -> relay.stats().published() == saved.size());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aServerThatLostAllItsDataGetsWhatWasNotPublishedYet(Databases kind) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      stage.startRelay();
      save(stage, 200);
      stage.awaitEmpty();
      server.execute("FLUSHALL");
      saved.clear();
      save(stage, 200);
      stage.awaitEmpty();
      assertAll(stage);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aServerThatDoesNotLetTheRelayInRefusesNoMessage(Databases kind) throws Exception {
    server.execute("ACL", "SETUSER", "relay", "resetpass", "on", ">right", "~*", "&*", "+@all");
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      save(stage, 200);
      String url = server.url().replace("redis://", "redis://relay:wrong@");
      OutboxRelay relay =
          stage.started(
              OutboxStage.builder(stage.connect(url), stage.database)
                  .retry(RetryPolicy.fixed(Duration.ofMillis(1)).maxDeliveries(2)));
      await().atMost(PATIENCE).until(() -> relay.stats().resent() > 5L * saved.size());
      assertThat(relay.state()).isEqualTo(LifecycleState.RECOVERING);
      server.execute("ACL", "SETUSER", "relay", ">wrong");
      stage.awaitEmpty();

      assertAll(stage);
      assertThat(stage.count("tandem_outbox_failed")).isZero();
    }
  }

  @Test
  void connectionsToTheDatabaseThatBreak() throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, Databases.POSTGRESQL)) {
      // Relays with connections of their own, none of which lasts.
      for (int i = 0; i < 2; i++) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(stage.databaseUrl);
        source.setApplicationName("relay");
        stage.startRelay(server.url(), source);
      }
      for (int i = 0; i < 30; i++) {
        save(stage, 50);
        breakRelays(stage);
      }
      stage.awaitEmpty();
      assertAll(stage);
    }
  }

  /** As after a failover to a replica that lagged: what was noted last is not there any more. */
  @ParameterizedTest
  @EnumSource
  void aDatabaseThatForgetsWhichNumbersWereGiven(Databases kind) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      stage.startRelay();
      for (int i = 0; i < 3; i++) {
        save(stage, 100);
        stage.awaitEmpty();
        stage.transaction(
            connection -> execute(connection, "UPDATE tandem_outbox_partitions SET last_call = 0"));
      }
      assertAll(stage);
    }
  }

  /** The same: a row that was deleted is there again, with its number. */
  @ParameterizedTest
  @EnumSource
  void aDatabaseThatForgetsWhatWasDeleted(Databases kind) throws Exception {
    String its =
        "(SELECT %s FROM tandem_outbox_partitions p WHERE p.partition_no = m.partition_no)";
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      OutboxRelay relay = stage.startRelay();
      save(stage, 100);
      stage.awaitEmpty();
      stage.transaction(
          connection -> {
            stage.save(connection, BOTH, "k0:published before");
            execute(
                connection,
                "UPDATE tandem_outbox m SET call_number = "
                    + its.formatted("last_call")
                    + ", call_publisher = "
                    + its.formatted("publisher"));
          });
      stage.transaction(
          connection -> execute(connection, "ALTER TABLE tandem_outbox_relays RENAME TO away"));
      await().atMost(PATIENCE).until(() -> relay.state() == LifecycleState.RECOVERING);
      stage.transaction(
          connection -> execute(connection, "ALTER TABLE away RENAME TO tandem_outbox_relays"));
      stage.awaitEmpty();

      assertAll(stage);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static void breakRelays(OutboxStage stage) throws SQLException {
    try (Connection connection = stage.database.getConnection()) {
      Databases.number(
          connection,
          "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity"
              + " WHERE application_name = 'relay' AND datname = current_database()");
    }
  }

  private void assertAll(OutboxStage stage) {
    OutboxStage.assertOnceAndInOrder(stage.inStream(), saved, "stream");
    OutboxStage.assertOnceAndInOrder(stage.payloadsOnBoard(), saved, "channel");
  }

  private void save(OutboxStage stage, int count) {
    List<String> next = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int number = saved.size() + i;
      next.add("k" + number % 23 + ":" + number);
    }
    saved.addAll(next);
    stage.save(BOTH, next.toArray(String[]::new));
  }
}
