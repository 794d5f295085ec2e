package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.redis.command.Replies;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RedisTest
class DeadLetterProcessorIT {
  private static final String TOPIC = "orders";

  private final Fixture fixture;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  DeadLetterProcessorIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
    fixture.close();
  }

  private void bury(int from, int to) {
    for (int i = from; i <= to; i++) {
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

  private DeadLetterProcessorBuilder processor(DeadLetterHandler handler) {
    return DeadLetterProcessor.builder(fixture.redis, TOPIC)
        .tenant(fixture.tenant)
        .group(GROUP)
        .replaysPerSecond(100_000)
        .handler(handler);
  }

  private static long number(DeadLetter letter) {
    return Long.parseLong(letter.originalId().value().replace("-0", ""));
  }

  private long replayed() {
    return Replies.number(fixture.run("XLEN", fixture.keys().replay().stream().text()));
  }

  @Test
  void doesWhatTheHandlerDecidesAndPassesOverWhatItRefuses() {
    bury(1, 150);
    DeadLetterHandler handler =
        letter -> {
          if (number(letter) <= 110) {
            if (number(letter) % 2 == 0) {
              throw new AssertionError("not this one");
            }
            return DeadLetterDecision.KEEP;
          }
          return number(letter) <= 130 ? DeadLetterDecision.DISCARD : DeadLetterDecision.REPLAY;
        };
    assertThat(processor(handler).build().run())
        .isEqualTo(new ProcessedLetters(55, 20, 20, 55, 0, 0, true));
    assertThat(fixture.dead()).hasSize(110);
    assertThat(replayed()).isEqualTo(20);
    assertThat(fixture.run("EXISTS", fixture.keys().claims().text())).isEqualTo(0L);
    assertThat(processor(letter -> DeadLetterDecision.DISCARD).limit(10).build().run())
        .isEqualTo(new ProcessedLetters(0, 10, 0, 0, 0, 0, true));
  }

  @Test
  void aLetterThatComesBackOrCannotBeReplayedIsLeft() {
    bury(1, 2);
    fixture.run(
        "XADD",
        fixture.keys().dead().text(),
        "*",
        "original_id",
        "3-0",
        "replays",
        "10",
        "field:data",
        "m");
    fixture.run("XADD", fixture.keys().dead().text(), "*", "reason", "PAYLOAD_LOST");
    DeadLetterHandler handler =
        letter -> {
          bury(9, 9);
          return DeadLetterDecision.REPLAY;
        };
    assertThat(processor(handler).build().run())
        .isEqualTo(new ProcessedLetters(0, 0, 2, 0, 2, 0, true));
    assertThat(fixture.dead()).hasSize(6);
  }

  @Test
  void severalAtOnceNeverLookAtOneLetterAtTheSameTime() throws Exception {
    bury(1, 200);
    Map<String, AtomicInteger> inHand = new ConcurrentHashMap<>();
    AtomicInteger together = new AtomicInteger();
    DeadLetterHandler handler =
        letter -> {
          AtomicInteger now =
              inHand.computeIfAbsent(letter.id().value(), id -> new AtomicInteger());
          if (now.incrementAndGet() > 1) {
            together.incrementAndGet();
          }
          Thread.onSpinWait();
          now.decrementAndGet();
          return number(letter) % 3 == 0 ? DeadLetterDecision.KEEP : DeadLetterDecision.REPLAY;
        };
    List<Future<ProcessedLetters>> runs = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      DeadLetterProcessor one = processor(handler).build();
      runs.add(threads.submit(one::run));
    }
    long replayed = 0;
    for (Future<ProcessedLetters> run : runs) {
      replayed += run.get().replayed();
      assertThat(run.get().overtaken()).isZero();
    }
    assertThat(together).hasValue(0);
    assertThat(replayed).isEqualTo(134);
    assertThat(replayed()).isEqualTo(134);
    assertThat(fixture.dead()).hasSize(66);
  }

  @Test
  void whatAProcessorHasInHandIsLeftToItUntilItsLeaseEnds() throws Exception {
    bury(1, 3);
    CountDownLatch looking = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    DeadLetterProcessor slow =
        processor(
                letter -> {
                  looking.countDown();
                  goOn.await();
                  return DeadLetterDecision.REPLAY;
                })
            .lease(Duration.ofSeconds(12))
            .limit(1)
            .build();
    Future<ProcessedLetters> run = threads.submit(slow::run);
    assertThat(looking.await(60, TimeUnit.SECONDS)).isTrue();

    DeadLetters letters = fixture.deadLetters;
    assertThat(letters.replayAll(fixture.tenant, TOPIC, GROUP, ReplayOptions.defaults().limit(1)))
        .isEqualTo(new ReplayResult(1, 0, 0, 1, 0, true));
    assertThat(letters.discardAll(fixture.tenant, TOPIC, GROUP))
        .isEqualTo(new DiscardResult(1, 1, 0, true));
    assertThat(processor(letter -> DeadLetterDecision.DISCARD).build().run().discarded()).isZero();

    List<DeadLetter> met = new ArrayList<>();
    await()
        .atMost(Fixture.SOON)
        .until(
            () ->
                processor(
                            letter -> {
                              met.add(letter);
                              return DeadLetterDecision.DISCARD;
                            })
                        .build()
                        .run()
                        .discarded()
                    == 1);
    goOn.countDown();
    assertThat(run.get(60, TimeUnit.SECONDS).overtaken()).isEqualTo(1);
    assertThat(met).hasSize(1);
    assertThat(replayed()).isEqualTo(1);
  }

  @Test
  void aDecisionThatComesTooLateIsNotCarriedOutUnderAnotherProcessor() throws Exception {
    bury(1, 1);
    CountDownLatch otherLooks = new CountDownLatch(1);
    CountDownLatch otherGoesOn = new CountDownLatch(1);
    DeadLetterHandler slow =
        letter -> {
          await()
              .atMost(Fixture.SOON)
              .until(
                  () -> {
                    threads.execute(
                        () ->
                            processor(
                                    taken -> {
                                      otherLooks.countDown();
                                      otherGoesOn.await();
                                      return DeadLetterDecision.KEEP;
                                    })
                                .build()
                                .run());
                    return otherLooks.await(50, TimeUnit.MILLISECONDS);
                  });
          return DeadLetterDecision.DISCARD;
        };
    ProcessedLetters late = processor(slow).lease(Duration.ofMillis(100)).build().run();
    assertThat(late).isEqualTo(new ProcessedLetters(0, 0, 0, 0, 0, 1, true));
    otherGoesOn.countDown();
    assertThat(fixture.dead()).hasSize(1);
  }

  @Test
  void aClaimFromBeforeTheClockWasSetBackHoldsNobodyUp() {
    bury(1, 1);
    DeadLetterHandler slow =
        letter -> {
          setClockBack(letter, Duration.ofHours(1));
          assertThat(processor(other -> DeadLetterDecision.DISCARD).build().run().discarded())
              .isEqualTo(1);
          return DeadLetterDecision.DISCARD;
        };
    assertThat(processor(slow).build().run())
        .isEqualTo(new ProcessedLetters(0, 0, 0, 0, 0, 1, true));
  }

  /** As far as the claim on this letter can tell: the time in it is moved the other way. */
  private void setClockBack(DeadLetter letter, Duration by) {
    String claims = fixture.keys().claims().text();
    String id = letter.id().value();
    String[] claim = Replies.text(fixture.run("HGET", claims, id)).split(" ");
    claim[1] = Long.toString(Long.parseLong(claim[1]) + by.toMillis());
    fixture.run("HSET", claims, id, String.join(" ", claim));
  }

  @Test
  void endsWhenItsHandlerIsInterrupted() {
    bury(1, 3);
    ProcessedLetters result =
        processor(
                letter -> {
                  throw new InterruptedException();
                })
            .build()
            .run();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(result).isEqualTo(new ProcessedLetters(0, 0, 0, 1, 0, 0, false));
    assertThat(fixture.dead()).hasSize(3);
    assertThat(fixture.run("EXISTS", fixture.keys().claims().text())).isEqualTo(0L);
  }

  @Test
  void lostRepliesChangeNothing(FaultProxy proxy) {
    bury(1, 10);
    List<Long> met = new ArrayList<>();
    DeadLetterProcessor through =
        DeadLetterProcessor.builder(fixture.connection(proxy.url()), TOPIC)
            .tenant(fixture.tenant)
            .group(GROUP)
            .handler(
                letter -> {
                  met.add(number(letter));
                  // The decision of this one, and the claim of the next.
                  proxy.executeButDropReply(line -> line.startsWith("EVAL"));
                  return number(letter) % 2 == 0
                      ? DeadLetterDecision.REPLAY
                      : DeadLetterDecision.DISCARD;
                })
            .build();
    assertThat(through.run()).isEqualTo(new ProcessedLetters(0, 5, 5, 0, 0, 0, true));
    assertThat(met).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
    assertThat(proxy.droppedReplies()).isGreaterThanOrEqualTo(9);
    assertThat(replayed()).isEqualTo(5);
  }

  @Test
  void claimsWhoseReplyIsLostAreOurs(FaultProxy proxy) {
    bury(1, 3);
    AtomicInteger met = new AtomicInteger();
    DeadLetterProcessor through =
        DeadLetterProcessor.builder(fixture.connection(proxy.url()), TOPIC)
            .tenant(fixture.tenant)
            .group(GROUP)
            .handler(
                letter -> {
                  met.incrementAndGet();
                  proxy.executeButDropReply(
                      line -> line.startsWith("EVAL") && line.contains(" (" + letter.id()));
                  return DeadLetterDecision.KEEP;
                })
            .build();
    assertThat(through.run().kept()).isEqualTo(3);
    assertThat(met).hasValue(3);
    assertThat(proxy.droppedReplies()).isEqualTo(3);
  }

  @Test
  void refusesToBeBuiltWithoutWhatItNeeds() {
    assertThatThrownBy(() -> DeadLetterProcessor.builder(fixture.redis, TOPIC).build())
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("handler was null: must be given");
    assertThatThrownBy(
            () -> processor(letter -> DeadLetterDecision.KEEP).lease(Duration.ofMillis(1)))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> processor(letter -> DeadLetterDecision.KEEP).mostReplays(0))
        .isInstanceOf(InvalidValueException.class);
  }
}
