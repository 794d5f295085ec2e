package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.tenant.GroupKeys;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Workers delete the dead letters that are kept no longer, by turns. */
@RedisTest
class DeadLetterRetentionIT {
  private static final Duration EVERY = Duration.ofSeconds(1);
  private static final String ANOTHER = "another";

  private final Fixture fixture;

  DeadLetterRetentionIT(RedisServer server, @UniqueTenant String tenant) {
    fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  /** Letters given up at the epoch, and then so many right now. */
  private void fill(GroupKeys keys, int old, int fresh) {
    fixture.run(
        "EVAL",
        "for i = 1, ARGV[1] do redis.call('XADD', KEYS[1], i .. '-0', 'original_id', '1-0') end "
            + "for i = 1, ARGV[2] do redis.call('XADD', KEYS[1], '*', 'original_id', '1-0') end",
        "1",
        keys.dead().text(),
        Integer.toString(old),
        Integer.toString(fresh));
  }

  private StreamWorker start(String group, DeadLetterRetention retention)
      throws InterruptedException {
    return fixture.start(
        fixture
            .worker()
            .group(group)
            .lease(EVERY.multipliedBy(2))
            .trimEvery(EVERY)
            .deadLetterRetention(retention)
            .handler((message, delivery) -> {}));
  }

  private long count(String group) {
    return fixture.deadLetters.count(fixture.tenant, fixture.topic.name(), group);
  }

  private long trimmed() {
    return fixture.redis.metrics().counter("tandem.streams.dead-letters.trimmed").getCount();
  }

  @Test
  void oneOfTwoWorkersAtATimeDeletesWhatIsBeyondTheNumber() throws Exception {
    GroupKeys another = fixture.keys().source().group(ANOTHER);
    fill(fixture.keys(), 9_000, 50);
    fill(another, 9_000, 50);
    String turn = fixture.keys().deadTurn().text();
    fixture.run("SET", turn, "somebody's");
    start(GROUP, DeadLetterRetention.forever().maxCount(100));
    start(GROUP, DeadLetterRetention.forever().maxCount(100));
    start(ANOTHER, DeadLetterRetention.forever());
    await().during(EVERY.multipliedBy(3)).atMost(SOON).until(() -> count(GROUP) == 9_050);

    fixture.run("DEL", turn);
    await().atMost(SOON).until(() -> count(GROUP) == 100);
    await().atMost(SOON).until(() -> trimmed() == 8_950);
    assertThat(count(ANOTHER)).isEqualTo(9_050);
    // Between one turn and the next there is none.
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(fixture.run("PTTL", turn))
                    .isInstanceOfSatisfying(
                        Long.class, left -> assertThat(left).isBetween(1L, EVERY.toMillis())));
  }

  @Test
  void whatIsTooOldIsDeletedAndNothingElse() throws Exception {
    fill(fixture.keys(), 1_234, 0);
    long stillKept = fixture.redis.serverTime().minus(Duration.ofMinutes(59)).toEpochMilli();
    fixture.run("XADD", fixture.keys().dead().text(), stillKept + "-0", "original_id", "1-0");
    fill(fixture.keys(), 0, 49);
    start(GROUP, DeadLetterRetention.forever().maxAge(Duration.ofHours(1)));
    await().atMost(SOON).until(() -> count(GROUP) == 50);
    await().atMost(SOON).until(() -> trimmed() == 1_234);
  }
}
