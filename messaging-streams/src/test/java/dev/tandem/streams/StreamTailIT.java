package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.command.Replies;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RedisTest
class StreamTailIT {
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofSeconds(60);

  private final Fixture fixture;
  private final StreamReader reader;
  private final boolean counted;

  StreamTailIT(RedisServer server, @UniqueTenant String tenant) {
    fixture = new Fixture(server.url(), tenant);
    reader = StreamReader.of(fixture.redis);
    counted = !server.version().startsWith("6.");
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private StreamTail<String> tail(StreamPosition from) {
    return reader.tail(fixture.tenant, fixture.topic, from);
  }

  private static List<String> payloads(List<? extends TailEvent<String>> events) {
    return events.stream()
        .map(event -> ((StreamMessage<String>) event).message().payload())
        .toList();
  }

  private TrimReport trim(long keep) {
    return StreamAdmin.of(fixture.redis).trim(fixture.tenant, "orders", Trimming.byLength(keep));
  }

  @Test
  void givesWhatIsThereAndThenWhatComes() {
    fixture.send(250);
    try (StreamTail<String> tail = tail(StreamPosition.beginning())) {
      List<String> seen = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        seen.addAll(payloads(tail.poll(SHORT)));
      }
      assertThat(seen).hasSize(250).startsWith("m0", "m1").endsWith("m249");
      assertThat(tail.poll(SHORT)).isEmpty();
      CompletableFuture<List<TailEvent<String>>> next =
          CompletableFuture.supplyAsync(() -> tail.poll(LONG));
      MessageId id = fixture.send("late");
      assertThat(payloads(next.join())).containsExactly("late");
      assertThat(tail.positions()).containsEntry("orders", id).hasSize(1);
    }
  }

  @Test
  void beginsWhereItIsTold() {
    List<MessageId> ids = fixture.send(3);
    fixture.run("XADD", fixture.stream(), "99999999999999-0", "data", "far");
    try (StreamTail<String> now = tail(StreamPosition.now());
        StreamTail<String> after = tail(StreamPosition.after(ids.get(1)));
        StreamTail<String> at = tail(StreamPosition.at(Instant.ofEpochMilli(99999999999998L)))) {
      assertThat(now.positions()).isEmpty();
      assertThat(now.poll(Duration.ZERO)).isEmpty();
      assertThat(now.positions()).containsEntry("orders", MessageId.of("99999999999999-0"));
      assertThat(payloads(after.poll(Duration.ZERO))).containsExactly("m2", "far");
      assertThat(payloads(at.poll(Duration.ZERO))).containsExactly("far");
      fixture.run("XADD", fixture.stream(), "99999999999999-1", "data", "new");
      assertThat(payloads(now.poll(LONG))).containsExactly("new");
    }
  }

  @Test
  void followsSeveralTopicsAndServesEach() {
    StreamTopic<String> other = StreamTopic.of("other", Serde.string());
    try (StreamTail<String> tail =
        reader.tail(fixture.tenant, List.of(fixture.topic, other), StreamPosition.beginning())) {
      assertThat(tail.poll(Duration.ZERO)).isEmpty();
      fixture.send(300);
      fixture.producer.sendAndWait(fixture.tenant, other, Message.of("t", "x"));
      List<TailEvent<String>> page = tail.poll(LONG, 20);
      assertThat(page).extracting(TailEvent::topic).contains("orders", "other").hasSize(11);
      fixture.producer.sendAndWait(fixture.tenant, other, Message.of("t", "y"));
      assertThat(payloads(tail.poll(LONG, 2))).containsExactly("m10", "y");
    }
  }

  @Test
  void whatWasTrimmedBeforeItWasReadIsAGap() {
    fixture.send(10);
    try (StreamTail<String> tail = tail(StreamPosition.beginning())) {
      assertThat(tail.poll(SHORT, 4)).hasSize(4);
      MessageId last = tail.positions().get("orders");
      trim(3);
      List<TailEvent<String>> page = tail.poll(SHORT);
      assertThat(page).hasSize(4);
      StreamGap<String> gap = (StreamGap<String>) page.get(0);
      assertThat(gap.after()).isEqualTo(last);
      assertThat(gap.resumesAt()).isEqualTo(((StreamMessage<String>) page.get(1)).id());
      assertThat(gap.certain()).isTrue();
      assertThat(gap.missed()).isEqualTo(OptionalLong.of(3));
      assertThat(payloads(page.subList(1, 4))).containsExactly("m7", "m8", "m9");
      fixture.send(5);
      trim(0);
      assertThat(tail.poll(SHORT))
          .containsExactly(
              new StreamGap<>(
                  "orders",
                  ((StreamMessage<String>) page.get(3)).id(),
                  null,
                  true,
                  OptionalLong.of(5),
                  false));
      fixture.send("x");
      assertThat(payloads(tail.poll(SHORT))).containsExactly("x");
    }
  }

  @Test
  void whatWasTrimmedAfterItWasReadIsNone() {
    try (StreamTail<String> tail = tail(StreamPosition.beginning())) {
      for (int round = 0; round < 5; round++) {
        fixture.send(7);
        assertThat(payloads(tail.poll(SHORT, 5))).hasSize(5);
        trim(2);
        fixture.send("y");
        assertThat(payloads(tail.poll(SHORT))).hasSize(3);
        trim(0);
      }
    }
  }

  @Test
  void trimmingByOthersIsNeverPassedOverInSilence() {
    fixture.send(10);
    try (StreamTail<String> tail = tail(StreamPosition.beginning())) {
      tail.poll(SHORT);
      fixture.send(10);
      fixture.run("XTRIM", fixture.stream(), "MAXLEN", "4");
      List<TailEvent<String>> page = tail.poll(SHORT);
      StreamGap<String> gap = (StreamGap<String>) page.get(0);
      assertThat(gap.certain()).isEqualTo(counted);
      assertThat(gap.missed()).isEqualTo(counted ? OptionalLong.of(6) : OptionalLong.empty());
      assertThat(page).hasSize(5);
    }
  }

  @Test
  void aStartThatIsNotThereAnyMoreMayHideAGap() {
    List<MessageId> ids = fixture.send(10);
    trim(5);
    try (StreamTail<String> tail = tail(StreamPosition.after(ids.get(1)));
        StreamTail<String> near = tail(StreamPosition.after(ids.get(6)));
        StreamTail<String> last = tail(StreamPosition.after(ids.get(9)))) {
      StreamGap<String> gap = (StreamGap<String>) tail.poll(SHORT).get(0);
      assertThat(gap.certain()).isFalse();
      assertThat(payloads(near.poll(SHORT))).containsExactly("m7", "m8", "m9");
      trim(0);
      assertThat(last.poll(SHORT)).isEmpty();
    }
  }

  @Test
  void aStreamThatBeginsAnewIsSaidToDoSo() {
    fixture.run("XADD", fixture.stream(), "5-1", "data", "old");
    try (StreamTail<String> tail = tail(StreamPosition.beginning())) {
      assertThat(payloads(tail.poll(SHORT))).containsExactly("old");
      fixture.run("DEL", fixture.stream());
      fixture.run("XADD", fixture.stream(), "3-1", "data", "new");
      List<TailEvent<String>> events = new ArrayList<>(tail.poll(SHORT));
      assertThat(((StreamGap<String>) events.get(0)).reset()).isTrue();
      assertThat(payloads(tail.poll(SHORT))).containsExactly("new");
      fixture.run("DEL", fixture.stream());
      assertThat(((StreamGap<String>) tail.poll(SHORT).get(0)).reset()).isTrue();
      assertThat(tail.poll(SHORT)).isEmpty();
      fixture.run("XADD", fixture.stream(), "1-1", "data", "again");
      assertThat(payloads(tail.poll(LONG))).containsExactly("again");
    }
  }

  @Test
  void anUnreadableEntryStopsAStrictTailOnly() {
    fixture.send("a");
    fixture.run("XADD", fixture.stream(), "*", "no", "data");
    try (StreamTail<String> lenient = tail(StreamPosition.beginning());
        StreamTail<String> strict =
            reader.strict().tail(fixture.tenant, fixture.topic, StreamPosition.beginning())) {
      assertThat(lenient.poll(SHORT)).hasSize(2);
      assertThat(payloads(strict.poll(SHORT, 1))).containsExactly("a");
      assertThatThrownBy(() -> strict.poll(SHORT)).isInstanceOf(SerdeException.class);
      assertThatThrownBy(() -> strict.poll(SHORT)).isInstanceOf(SerdeException.class);
    }
  }

  @Test
  void closingCutsAPollOff() {
    StreamTail<String> tail = tail(StreamPosition.now());
    tail.poll(SHORT);
    CompletableFuture<List<TailEvent<String>>> waiting =
        CompletableFuture.supplyAsync(() -> tail.poll(Duration.ofMinutes(5)));
    await().until(() -> Replies.text(fixture.run("CLIENT", "LIST")).contains("cmd=xread"));
    tail.close();
    assertThatThrownBy(waiting::join).hasCauseInstanceOf(ClosedException.class);
    assertThatThrownBy(() -> tail.poll(SHORT)).isInstanceOf(ClosedException.class);
    tail.close();
  }

  @Test
  void aServerThatCannotBeReachedIsAnErrorAndThePositionStays(FaultProxy proxy) {
    fixture.send(3);
    StreamReader through = StreamReader.of(fixture.connection(proxy.url()));
    try (StreamTail<String> tail =
        through.tail(fixture.tenant, fixture.topic, StreamPosition.beginning())) {
      assertThat(payloads(tail.poll(SHORT, 1))).containsExactly("m0");
      proxy.refuse();
      proxy.reset();
      assertThatThrownBy(() -> tail.poll(SHORT))
          .isInstanceOfSatisfying(
              MessagingException.class,
              error ->
                  assertThat(error.code())
                      .isIn(
                          ErrorCode.UNAVAILABLE,
                          ErrorCode.OUTCOME_UNKNOWN,
                          ErrorCode.CIRCUIT_OPEN));
      proxy.heal();
      assertThat(payloads(tail.poll(LONG))).containsExactly("m1", "m2");
    }
  }

  /** Cut connections and trims at random moments: everything comes once, or a gap says how many. */
  @Test
  void acrossReconnectsAndTrimsEverythingIsAccountedFor(FaultProxy proxy) throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    StreamReader through = StreamReader.of(fixture.connection(proxy.url()));
    AtomicBoolean done = new AtomicBoolean();
    int next = 0;
    int gaps = 0;
    CompletableFuture<Integer> sending;
    try (StreamTail<String> tail =
        through.tail(fixture.tenant, fixture.topic, StreamPosition.beginning())) {
      // What is trimmed before the first look is before the beginning, and no gap.
      assertThat(tail.poll(SHORT)).isEmpty();
      sending =
          CompletableFuture.supplyAsync(
              () -> {
                int sent = 0;
                Random mine = new Random(seed + 1);
                long until = System.nanoTime() + Duration.ofSeconds(4).toNanos();
                long cut = System.nanoTime();
                while (System.nanoTime() < until) {
                  fixture.send("" + sent++);
                  if (System.nanoTime() > cut) { // by time: connecting again needs some
                    proxy.reset();
                    cut = System.nanoTime() + Duration.ofMillis(20 + mine.nextInt(200)).toNanos();
                  }
                  if (mine.nextInt(60) == 0) {
                    trim(mine.nextInt(40));
                  }
                }
                done.set(true);
                return sent;
              });
      while (true) {
        boolean last = done.get();
        Duration wait = SHORT.multipliedBy(20);
        if (last) { // what is still to come may take long, and the last cut has to be made good
          wait = next < sending.join() ? LONG : SHORT.multipliedBy(100);
        }
        List<TailEvent<String>> events;
        try {
          events = tail.poll(wait, 1 + random.nextInt(30));
        } catch (MessagingException e) { // cut each time it connected: the next poll goes on
          assertThat(e.code()).isIn(ErrorCode.UNAVAILABLE, ErrorCode.OUTCOME_UNKNOWN);
          continue;
        }
        for (TailEvent<String> event : events) {
          if (event instanceof StreamGap<String> gap) {
            assertThat(gap.certain()).as("seed %d", seed).isTrue();
            next += (int) gap.missed().orElseThrow();
            gaps++;
          } else {
            assertThat(payloads(List.of(event))).as("seed %d", seed).containsExactly("" + next);
            next++;
          }
        }
        if (last && events.isEmpty()) {
          break;
        }
        if (random.nextInt(10) == 0) {
          new CompletableFuture<Void>()
              .completeOnTimeout(
                  null, random.nextInt(50), java.util.concurrent.TimeUnit.MILLISECONDS)
              .join();
        }
      }
    }
    assertThat(next).as("seed %d, %d gaps", seed, gaps).isEqualTo(sending.join());
  }
}
