package dev.tandem.outbox;

import static dev.tandem.outbox.OutboxStage.BOTH;
import static dev.tandem.outbox.OutboxStage.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.outbox.StepSource.Step;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A relay's process is killed (SIGKILL), and another one goes on where it was. */
@RedisTest
@Timeout(180)
class OutboxCrashIT {
  private final RedisServer server;
  private final String tenant;
  private final List<String> saved = new ArrayList<>();

  OutboxCrashIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = tenant;
  }

  @ParameterizedTest
  @EnumSource
  void killedAtAStepNothingIsLostOrTwiceOrOutOfOrder(Step step) throws Exception {
    try (OutboxStage stage = new OutboxStage(server, tenant, Databases.POSTGRESQL)) {
      save(stage, 300);
      try (RelayChild child = RelayChild.start(server.url(), stage.databaseUrl, step)) {
        assertThat(child.awaitStep()).isTrue();
        child.kill();
      }
      boolean isPublished = step == Step.BEFORE_SETTLED || step == Step.AFTER_SETTLED;
      assertThat(stage.inStream()).hasSize(isPublished ? 50 : 0);
      assertThat(stage.count("tandem_outbox")).isEqualTo(step == Step.AFTER_SETTLED ? 250 : 300);
      save(stage, 300);
      stage.startRelay();
      stage.awaitEmpty();

      OutboxStage.assertOnceAndInOrder(stage.inStream(), saved, "stream");
      OutboxStage.assertOnceAndInOrder(stage.payloadsOnBoard(), saved, "channel");
    }
  }

  @Test
  void killedAtAnyMomentNothingIsLostOrTwiceOrOutOfOrder() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("OutboxCrashIT seed " + seed);
    Random random = new Random(seed);
    try (OutboxStage stage = new OutboxStage(server, tenant, Databases.POSTGRESQL)) {
      for (int round = 0; round < 3; round++) {
        save(stage, 1_500);
        try (RelayChild one = RelayChild.start(server.url(), stage.databaseUrl, null);
            RelayChild other = RelayChild.start(server.url(), stage.databaseUrl, null)) {
          long before = stage.inStream().size();
          long more = 1L + random.nextInt(1_000);
          await().atMost(PATIENCE).until(() -> stage.inStream().size() >= before + more);
          one.kill();
          if (random.nextBoolean()) {
            other.kill();
          } else {
            stage.awaitEmpty();
          }
        }
      }
      stage.startRelay();
      stage.awaitEmpty();

      OutboxStage.assertOnceAndInOrder(stage.inStream(), saved, "stream, seed " + seed);
      OutboxStage.assertOnceAndInOrder(stage.payloadsOnBoard(), saved, "channel, seed " + seed);
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
