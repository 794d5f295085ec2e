package dev.tandem.outbox;

import static dev.tandem.outbox.OutboxStage.BOTH;
import static dev.tandem.outbox.OutboxStage.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.outbox.StepSource.Step;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** A relay that slept until others had taken over wakes up, and neither doubles nor reorders. */
@RedisTest(dedicated = true)
@Timeout(180)
class OutboxTakeoverIT {
  private final RedisServer server;
  private final String tenant;
  private final List<String> saved = new ArrayList<>();
  private final CountDownLatch asleep = new CountDownLatch(1);
  private final CountDownLatch wake = new CountDownLatch(1);

  OutboxTakeoverIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = tenant;
  }

  @ParameterizedTest
  @EnumSource
  void asleepBeforeItPublishes(Databases kind) throws Exception {
    sleepAndWake(kind, Step.BEFORE_PUBLISHED);
  }

  @ParameterizedTest
  @EnumSource
  void asleepAfterItHasDeleted(Databases kind) throws Exception {
    sleepAndWake(kind, Step.AFTER_SETTLED);
  }

  @ParameterizedTest
  @EnumSource(names = {"BEFORE_NUMBERED", "BEFORE_SETTLED"})
  void asleepInTheMidstOfATransactionWhichTheDatabaseEnds(Step step) throws Exception {
    sleepAndWake(Databases.POSTGRESQL, step);
  }

  private void sleepAndWake(Databases kind, Step step) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      save(stage, 200);
      OutboxRelay sleeper =
          stage.startRelay(server.url(), new StepSource(source(stage), step, 1, this::sleep));
      assertThat(asleep.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      save(stage, 200);
      OutboxRelay other = stage.startRelay();
      stage.awaitEmpty();
      save(stage, 200);
      wake.countDown();
      await().atMost(PATIENCE).until(() -> sleeper.stats().partitions() == 8);
      save(stage, 200);
      stage.awaitEmpty();

      OutboxStage.assertOnceAndInOrder(stage.inStream(), saved, "stream");
      OutboxStage.assertOnceAndInOrder(stage.payloadsOnBoard(), saved, "channel");
      assertThat(other.stats().published()).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource
  void whateverIsThrownAfterTheNumbersAreCommitted(Databases kind) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      save(stage, 200);
      stage.startRelay(
          server.url(),
          new StepSource(source(stage), Step.BEFORE_PUBLISHED, 1, OutboxTakeoverIT::fail));
      stage.awaitEmpty();

      OutboxStage.assertOnceAndInOrder(stage.inStream(), saved, "stream");
      OutboxStage.assertOnceAndInOrder(stage.payloadsOnBoard(), saved, "channel");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCallThatArrivesAfterAllIsNotExecuted(Databases kind, FaultProxy proxy) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      save(stage, 300);
      // All that Redis does for the first relay is lost on the way back, and it sends again.
      OutboxRelay deaf = stage.startRelay(proxy.url(), stage.database);
      await().atMost(PATIENCE).until(() -> deaf.stats().partitions() == 16);
      proxy.halfOpen();
      save(stage, 300);
      await().atMost(PATIENCE).until(() -> deaf.stats().resent() > 0);
      stage.startRelay();
      await().atMost(PATIENCE).until(() -> stage.inStream().size() == 600);
      proxy.heal();
      stage.awaitEmpty();

      OutboxStage.assertOnceAndInOrder(stage.inStream(), saved, "stream");
      OutboxStage.assertOnceAndInOrder(stage.payloadsOnBoard(), saved, "channel");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void asleepUntilTheOneThatTookOverIsDeadToo(boolean knowsThatItTakesBack) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, Databases.POSTGRESQL)) {
      save(stage, 200);
      DataSource source = new StepSource(source(stage), Step.BEFORE_PUBLISHED, 1, this::sleep);
      stage.startRelay(
          server.url(),
          knowsThatItTakesBack
              ? source
              : new StepSource(source, Step.AFTER_CLAIMED, 2, OutboxTakeoverIT::fail));
      assertThat(asleep.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      try (RelayChild other =
          RelayChild.start(server.url(), stage.databaseUrl, Step.BEFORE_SETTLED)) {
        assertThat(other.awaitStep()).isTrue();
        other.kill();
      }
      assertThat(stage.inStream()).hasSize(50); // which are numbered in the database, by the other
      await().atMost(PATIENCE).until(() -> leases(stage) == 0);
      wake.countDown();
      stage.awaitEmpty();

      OutboxStage.assertOnceAndInOrder(stage.inStream(), saved, "stream");
      OutboxStage.assertOnceAndInOrder(stage.payloadsOnBoard(), saved, "channel");
    }
  }

  private static long leases(OutboxStage stage) throws SQLException {
    try (Connection connection = stage.database.getConnection()) {
      return Databases.number(
          connection,
          "SELECT COUNT(*) FROM tandem_outbox_partitions WHERE leased_until > CURRENT_TIMESTAMP");
    }
  }

  private static void fail() {
    throw new IllegalStateException("for this test");
  }

  /** Not the pool, which would hand out the connection that the database has ended. */
  private static DataSource source(OutboxStage stage) {
    if (stage.databaseUrl.startsWith("jdbc:h2:")) {
      return stage.database;
    }
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(stage.databaseUrl);
    return source;
  }

  private void sleep() {
    asleep.countDown();
    try {
      assertThat(wake.await(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
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
