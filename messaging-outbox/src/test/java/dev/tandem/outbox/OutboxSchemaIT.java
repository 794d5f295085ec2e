package dev.tandem.outbox;

import static dev.tandem.outbox.OutboxStage.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.StorageException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.serde.Serde;
import dev.tandem.hybrid.Route;
import dev.tandem.outbox.internal.store.LeaseTable;
import dev.tandem.outbox.internal.store.Tables;
import dev.tandem.pubsub.Channel;
import dev.tandem.streams.StreamTopic;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tables, under whatever name. */
@RedisTest
@Timeout(120)
class OutboxSchemaIT {
  private final RedisServer server;
  private final String tenant;

  OutboxSchemaIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = tenant;
  }

  @ParameterizedTest
  @EnumSource
  void anotherTableInASchemaWithPlacesOfDifferentSerdes(Databases kind) throws Exception {
    StreamTopic<String> topic = StreamTopic.of("orders", Serde.string().gzip());
    Channel<String> board = Channel.of("board", Serde.json(String.class)).fleeting();
    OutboxRoute<String> route =
        OutboxRoute.of(
            "mixed",
            Route.toStream(topic)
                .andChannel(board)
                .andChannel(Channel.of("stored", Serde.json(String.class))));
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      stage.transaction(
          connection -> {
            try (Statement statement = connection.createStatement()) {
              statement.execute("CREATE SCHEMA app");
            }
            OutboxSchema.create(connection, "app.events");
          });
      Outbox outbox = Outbox.inTable("app.events");
      stage.transaction(
          connection ->
              outbox.saveAll(
                  connection,
                  stage.tenant,
                  List.of(Message.of("t", "one"), Message.of("t", "two")),
                  route));
      OutboxRelay relay =
          stage.started(
              OutboxRelay.builder(stage.connect(server.url()), stage.database)
                  .table("app.events")
                  .route(route));
      await().atMost(PATIENCE).until(() -> relay.stats().published() == 2);

      assertThat(stage.inStream()).hasSize(2).doesNotContain("one", "two"); // gzip marks them
      assertThat(
              String.valueOf(
                  server.execute("XRANGE", stage.prefix() + ":channel:stored:buffer", "-", "+")))
          .contains("\"data\":\"one\"", "\"data\":\"two\"");
      assertThat(stage.count("app.events")).isZero();
      assertThat(stage.count("app.events_failed")).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void tablesThatAreThereAreLeftAlone(Databases kind) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind);
        Connection connection = stage.database.getConnection()) {
      assertThatThrownBy(() -> OutboxSchema.create(connection))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("the outbox was not created");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTableOfSharesThatIsNotWholeIsToldOf(Databases kind) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      stage.transaction(
          connection -> {
            try (Statement statement = connection.createStatement()) {
              statement.execute("DELETE FROM tandem_outbox_partitions WHERE partition_no > 3");
            }
          });
      OutboxRelay relay = stage.startRelay();

      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  relay.health().status() == Health.Status.DEGRADED
                      && relay.health().detail().contains("tandem_outbox_partitions has 4 rows"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRelayThatIsGoneAndIsLookedAtByAnotherHoldsUpNobody(Databases kind) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind);
        Connection other = stage.database.getConnection();
        Connection connection = stage.database.getConnection()) {
      try (Statement statement = other.createStatement()) {
        statement.execute(
            "INSERT INTO tandem_outbox_relays VALUES ('gone', '2001-01-01 00:00:00+00')");
        other.setAutoCommit(false);
        statement.execute("SELECT relay FROM tandem_outbox_relays FOR UPDATE");
      }
      connection.setAutoCommit(false);
      LeaseTable leases =
          new LeaseTable(new Tables(OutboxSchema.DEFAULT_TABLE), "me", Duration.ofSeconds(9));
      assertThat(leases.beat(connection)).isOne();
      other.rollback();
      assertThat(leases.beat(connection)).isOne();
      connection.commit();
      assertThat(stage.count("tandem_outbox_relays")).isOne();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1a",
        "a b",
        "a;DROP TABLE b",
        "a\"b",
        "a.b.c",
        "ä",
        "a-b",
        "a.",
        ".a",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      })
  void namesThatWouldHaveToBeQuotedAreRefused(String name) {
    assertThatThrownBy(() -> Outbox.inTable(name))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageStartingWith("outbox table was ");
  }
}
