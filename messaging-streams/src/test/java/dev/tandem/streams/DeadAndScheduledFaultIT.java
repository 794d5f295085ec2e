package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.entry.ReplayFormat;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Dead letters and scheduled messages when the server is killed, or full. */
@RedisTest(dedicated = true, appendOnly = true)
class DeadAndScheduledFaultIT {
  private static final String TOPIC = "orders";
  private static final int MANY = 400;
  private static final Duration LONG = Duration.ofSeconds(60);

  private final RedisServer server;
  private final Fixture fixture;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  DeadAndScheduledFaultIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
    fixture.close();
    server.execute("CONFIG", "SET", "maxmemory", "0");
  }

  private void bury(int count) {
    for (int i = 1; i <= count; i++) {
      fixture.run(
          "XADD",
          fixture.keys().dead().text(),
          "*",
          "original_id",
          i + "-0",
          "field:data",
          "m" + i);
    }
  }

  private List<String> replayedIds() {
    String stream = fixture.keys().replay().stream().text();
    return Replies.list(fixture.read("XRANGE", stream, "-", "+")).stream()
        .map(entry -> ReplayFormat.read(RawEntry.of(entry)).original().id().toString())
        .toList();
  }

  /** Runs until it is done, however often the server goes away meanwhile. */
  private Future<?> persistently(Runnable task) {
    return threads.submit(
        () -> {
          while (true) {
            try {
              task.run();
              return;
            } catch (MessagingException away) {
              await().atMost(LONG).until(() -> server.answers(Duration.ofSeconds(1)));
            }
          }
        });
  }

  private void killInTheMiddle(long of) {
    String dead = fixture.keys().dead().text();
    for (long left : new long[] {of * 3 / 4, of / 2, of / 4}) {
      await()
          .atMost(LONG)
          .pollInterval(Duration.ofMillis(2))
          .until(() -> Replies.number(fixture.read("XLEN", dead)) <= left);
      server.kill();
      server.restart();
    }
  }

  @Test
  void aReplayAcrossKillsOfTheServerLosesAndDoublesNothing() throws Exception {
    bury(MANY);
    ReplayOptions options = ReplayOptions.defaults().perSecond(400);
    Future<?> run =
        persistently(() -> fixture.deadLetters.replayAll(fixture.tenant, TOPIC, GROUP, options));
    killInTheMiddle(MANY);
    run.get(60, TimeUnit.SECONDS);
    assertThat(fixture.dead()).isEmpty();
    assertThat(replayedIds()).hasSize(MANY).doesNotHaveDuplicates();
  }

  @Test
  void processorsAcrossKillsOfTheServerDecideAboutEveryLetter() throws Exception {
    bury(MANY);
    DeadLetterProcessor processor =
        DeadLetterProcessor.builder(fixture.redis, TOPIC)
            .tenant(fixture.tenant)
            .group(GROUP)
            .lease(Duration.ofMillis(500))
            .replaysPerSecond(300)
            .handler(
                letter ->
                    letter.originalId().value().endsWith("0-0")
                        ? DeadLetterDecision.DISCARD
                        : DeadLetterDecision.REPLAY)
            .build();
    List<Future<?>> runs = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      runs.add(persistently(processor::run));
    }
    killInTheMiddle(MANY);
    for (Future<?> run : runs) {
      run.get(60, TimeUnit.SECONDS);
    }
    // What was in hand when the server went away is free again after the lease.
    await()
        .atMost(LONG)
        .until(
            () -> {
              processor.run();
              return fixture.dead().isEmpty();
            });
    assertThat(replayedIds()).hasSize(MANY - MANY / 10).doesNotHaveDuplicates();
  }

  @Test
  void scheduledMessagesSurviveKillsAndAreAppendedOnce() throws Exception {
    StreamScheduler scheduler = StreamScheduler.of(fixture.redis);
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      expected.add("m" + i);
      scheduler.sendAfter(
          fixture.tenant,
          fixture.topic,
          Message.of("test", "m" + i),
          Duration.ofMillis(1_500 + 5 * i));
    }
    server.kill();
    server.restart();
    assertThat(scheduler.count(fixture.tenant, TOPIC)).isPositive();
    try (SchedulePromoter one =
            SchedulePromoter.builder(fixture.redis).topic(fixture.tenant, TOPIC).build();
        SchedulePromoter another =
            SchedulePromoter.builder(fixture.connection(server.url()))
                .topic(fixture.tenant, TOPIC)
                .build()) {
      one.start();
      another.start();
      for (int left : new int[] {MANY * 2 / 3, MANY / 3}) {
        await()
            .atMost(LONG)
            .pollInterval(Duration.ofMillis(2))
            .until(() -> scheduler.count(fixture.tenant, TOPIC) <= left);
        server.kill();
        server.restart();
      }
      await()
          .atMost(LONG)
          .ignoreExceptionsInstanceOf(MessagingException.class)
          .until(() -> scheduler.count(fixture.tenant, TOPIC) == 0);
    }
    assertThat(
            Replies.list(fixture.read("XRANGE", fixture.stream(), "-", "+")).stream()
                .map(
                    entry ->
                        EntryFormat.decode(fixture.tenant, fixture.topic, RawEntry.of(entry))
                            .payload())
                .toList())
        .isEqualTo(expected);
  }

  @Test
  void aFullServerKeepsWhatIsDeadAndWhatWaitsAndLetsLettersBeDiscarded() {
    StreamScheduler scheduler = StreamScheduler.of(fixture.redis);
    bury(3);
    scheduler.sendAfter(
        fixture.tenant, fixture.topic, Message.of("test", "m"), Duration.ofMillis(1));
    server.execute("CONFIG", "SET", "maxmemory", "1");
    try (SchedulePromoter promoter =
        SchedulePromoter.builder(fixture.redis).topic(fixture.tenant, TOPIC).build()) {
      promoter.start();
      assertThatThrownBy(() -> fixture.deadLetters.replayAll(fixture.tenant, TOPIC, GROUP))
          .isInstanceOf(MessagingException.class)
          .hasMessageContaining("OOM");
      assertThat(fixture.deadLetters.count(fixture.tenant, TOPIC, GROUP)).isEqualTo(3);
      assertThat(
              fixture
                  .deadLetters
                  .discardAll(
                      fixture.tenant,
                      TOPIC,
                      GROUP,
                      letter -> letter.originalId().value().equals("1-0"))
                  .discarded())
          .isEqualTo(1);
      await().atMost(LONG).until(() -> promoter.state() == LifecycleState.RECOVERING);
      assertThat(scheduler.count(fixture.tenant, TOPIC)).isEqualTo(1);
      server.execute("CONFIG", "SET", "maxmemory", "0");
      await().atMost(LONG).until(() -> scheduler.count(fixture.tenant, TOPIC) == 0);
      assertThat(fixture.deadLetters.replayAll(fixture.tenant, TOPIC, GROUP).replayed())
          .isEqualTo(2);
    }
  }
}
