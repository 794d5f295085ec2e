package dev.tandem.redis.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.api.error.WaitTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class BatchSenderTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final List<BatchSender<?>> senders = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();

  private <E> BatchSender<E> sender(
      BatchSettings settings, ToIntFunction<E> bytes, BatchSink<E> sink) {
    return sender(settings, bytes, entry -> "one line", sink);
  }

  private <E> BatchSender<E> sender(
      BatchSettings settings, ToIntFunction<E> bytes, Function<E, ?> line, BatchSink<E> sink) {
    BatchSender<E> sender =
        new BatchSender<>(
            "the test's sender",
            settings,
            bytes,
            line,
            sink,
            task -> {
              Thread thread = new Thread(task, "sender");
              thread.setDaemon(true);
              threads.add(thread);
              return thread;
            });
    senders.add(sender);
    return sender;
  }

  @AfterEach
  void closeAll() throws InterruptedException {
    senders.forEach(BatchSender::close);
    for (Thread thread : threads) {
      thread.join(10_000);
      assertThat(thread.isAlive()).as("the sending thread ends").isFalse();
    }
  }

  @Test
  void sendsALoneEntryAtOnceAndInOrder() {
    RecordingSink sink = RecordingSink.open();
    BatchSender<Integer> sender = sender(BatchSettings.DEFAULT, entry -> 1, sink);

    sender.add(0);
    await().untilAsserted(() -> assertThat(sink.sent()).containsExactly(0));
    for (int i = 1; i < 1_000; i++) {
      sender.add(i);
    }

    assertThat(sender.flush(LONG)).isTrue();
    assertThat(sink.sent()).isEqualTo(IntStream.range(0, 1_000).boxed().toList());
  }

  @Test
  void batchesGrowWhileOneIsOnItsWay() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    BatchSender<Integer> sender = sender(BatchSettings.DEFAULT.batch(10, 1_000), entry -> 1, sink);
    sender.add(0);
    sink.awaitBusy();

    IntStream.range(1, 26).forEach(sender::add);
    assertThat(sender.waiting()).isEqualTo(25);
    sink.letThrough(4);

    assertThat(sender.flush(LONG)).isTrue();
    assertThat(sink.sizes()).containsExactly(1, 10, 10, 5);
    assertThat(sender.waiting()).isZero();
  }

  @Test
  void aLineInWhichManyWaitDoesNotHoldUpAnother() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    BatchSender<Integer> sender =
        sender(BatchSettings.DEFAULT.batch(10, 1_000), entry -> 1, entry -> entry < 0, sink);
    sender.add(0);
    sink.awaitBusy();

    IntStream.range(1, 100).forEach(sender::add);
    sender.add(-1);
    sink.letThrough(2);
    await().untilAsserted(() -> assertThat(sink.batches).hasSize(2));

    assertThat(sink.sent()).hasSize(11).contains(-1);
    sink.letThrough(100);
    assertThat(sender.flush(LONG)).isTrue();
    assertThat(sink.sent().stream().filter(entry -> entry >= 0))
        .isEqualTo(IntStream.range(0, 100).boxed().toList());
  }

  @Test
  void flushWaitsForWhatLaterEntriesOvertake() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    BatchSender<Integer> sender =
        sender(BatchSettings.DEFAULT.batch(10, 1_000), entry -> 1, entry -> entry < 0, sink);
    sender.add(0);
    sink.awaitBusy();
    IntStream.range(1, 20).forEach(sender::add);
    FutureTask<Boolean> flush = new FutureTask<>(() -> sender.flush(LONG));
    Thread flusher = new Thread(flush);
    flusher.start();
    await().until(() -> flusher.getState() == Thread.State.TIMED_WAITING);
    IntStream.range(1, 100).forEach(i -> sender.add(-i));

    sink.letThrough(3); // as many entries as were there before
    await().untilAsserted(() -> assertThat(sink.batches).hasSize(3));
    assertThat(sink.sent()).hasSize(21).contains(-1, -2).doesNotContain(19);
    assertThat(flush.isDone()).isFalse();
    sink.letThrough(100);
    assertThat(flush.get()).isTrue();
    assertThat(sink.sent()).contains(19);
  }

  @Test
  void boundsBatchesByBytesAndSendsAnOversizedEntryAlone() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    BatchSender<Integer> sender =
        sender(BatchSettings.DEFAULT.batch(100, 10), entry -> entry, sink);
    sender.add(1);
    sink.awaitBusy();

    List.of(4, 6, 1, 50, 3, 3, 3, 2).forEach(sender::add);
    sink.letThrough(10);

    assertThat(sender.flush(LONG)).isTrue();
    assertThat(sink.batches)
        .containsExactly(
            List.of(1), List.of(4, 6), List.of(1), List.of(50), List.of(3, 3, 3), List.of(2));
  }

  @Test
  void refusesWhenFullAfterTheWaitAndNotBefore() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    Duration wait = Duration.ofMillis(200);
    BatchSender<Integer> sender =
        sender(BatchSettings.DEFAULT.buffer(2, 1_000, wait), entry -> 1, sink);
    sender.add(0);
    sink.awaitBusy();
    sender.add(1);
    sender.add(2);

    long before = System.nanoTime();
    assertThatThrownBy(() -> sender.add(3))
        .isInstanceOf(BufferFullException.class)
        .hasMessage(
            "the test's sender has no room: 2 entries (2 bytes) wait, limits are 2 and 1000");
    assertThat(Duration.ofNanos(System.nanoTime() - before))
        .isBetween(wait, wait.plusMillis(2_000));

    sink.letThrough(10);
    assertThat(sender.flush(LONG)).isTrue();
    assertThat(sink.sent()).containsExactly(0, 1, 2);
  }

  @Test
  void boundsTheBufferByBytesButTakesAnOversizedEntryIntoAnEmptyOne() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    BatchSender<Integer> sender =
        sender(BatchSettings.DEFAULT.buffer(100, 10, Duration.ZERO), entry -> entry, sink);
    sender.add(1);
    sink.awaitBusy();

    sender.add(500);
    assertThatThrownBy(() -> sender.add(1)).isInstanceOf(BufferFullException.class);

    sink.letThrough(10);
    assertThat(sender.flush(LONG)).isTrue();
    sender.add(10);
    assertThat(sender.flush(LONG)).isTrue();
    assertThat(sink.sent()).containsExactly(1, 500, 10);
  }

  @Test
  void takesAWaitingEntryAsSoonAsThereIsRoom() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    BatchSender<Integer> sender =
        sender(BatchSettings.DEFAULT.buffer(1, 1_000, LONG), entry -> 1, sink);
    sender.add(0);
    sink.awaitBusy();
    sender.add(1);
    CompletableFuture<Void> third = CompletableFuture.runAsync(() -> sender.add(2));
    await().until(() -> sender.waiting() == 1);
    assertThat(third).isNotDone();

    sink.letThrough(3);

    third.get(10, TimeUnit.SECONDS);
    assertThat(sender.flush(LONG)).isTrue();
    assertThat(sink.sent()).containsExactly(0, 1, 2);
  }

  @Test
  void aWaitingCallerThatIsInterruptedKeepsItsInterrupt() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    BatchSender<Integer> sender =
        sender(BatchSettings.DEFAULT.buffer(1, 1_000, LONG), entry -> 1, sink);
    sender.add(0);
    sink.awaitBusy();
    sender.add(1);
    FutureTask<Boolean> caller =
        new FutureTask<>(
            () -> {
              assertThatThrownBy(() -> sender.add(2))
                  .isInstanceOf(BufferFullException.class)
                  .hasMessageContaining("interrupted");
              return Thread.currentThread().isInterrupted();
            });
    Thread thread = new Thread(caller);
    thread.start();
    await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);

    thread.interrupt();

    assertThat(caller.get(10, TimeUnit.SECONDS)).isTrue();
    sink.letThrough(10);
    assertThat(sender.flush(LONG)).isTrue();
    assertThat(sink.sent()).containsExactly(0, 1);
  }

  @Test
  void flushWaitsForWhatWasTakenBeforeItAndNoLonger() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    BatchSender<Integer> sender = sender(BatchSettings.DEFAULT, entry -> 1, sink);
    assertThat(sender.flush(Duration.ZERO)).isTrue();
    sender.add(0);
    sink.awaitBusy();

    assertThat(sender.flush(Duration.ofMillis(50))).isFalse();
    CompletableFuture<Boolean> flushed = CompletableFuture.supplyAsync(() -> sender.flush(LONG));
    await().during(Duration.ofMillis(50)).until(() -> !flushed.isDone());
    sender.add(1);
    sink.letThrough(1);

    assertThat(flushed.get(10, TimeUnit.SECONDS)).isTrue();
    assertThat(sink.sent()).containsExactly(0);
    sink.letThrough(1);
  }

  @Test
  void aFlushDoesNotTakeEntriesFailedByACloseForEarlierOnesOnTheirWay() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    BatchSender<Integer> sender = sender(BatchSettings.DEFAULT.batch(2, 100), entry -> 1, sink);
    sender.add(0);
    sink.awaitBusy();
    sender.add(1);
    FutureTask<Boolean> flush = new FutureTask<>(() -> sender.flush(Duration.ofSeconds(2)));
    Thread flusher = new Thread(flush);
    flusher.start();
    await().until(() -> flusher.getState() == Thread.State.TIMED_WAITING);
    IntStream.range(2, 20).forEach(sender::add);

    assertThat(sender.close(Duration.ZERO)).isFalse();

    assertThat(flush.get(10, TimeUnit.SECONDS)).isFalse();
    sink.letThrough(1);
    assertThat(sender.flush(LONG)).isTrue();
  }

  @Test
  void aFlushWaitsForEntriesThatACloseIsFailing() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    CompletableFuture<Void> failing = new CompletableFuture<>();
    CompletableFuture<Void> goOn = new CompletableFuture<>();
    BatchSink<Integer> slow =
        new BatchSink<>() {
          @Override
          public void send(List<Integer> batch) {
            sink.send(batch);
          }

          @Override
          public void fail(Integer entry, MessagingException why) {
            failing.complete(null);
            goOn.join();
            sink.fail(entry, why);
          }
        };
    BatchSender<Integer> sender = sender(BatchSettings.DEFAULT, entry -> 1, slow);
    sender.add(0);
    sink.awaitBusy();
    sender.add(1);
    CompletableFuture<Void> close = CompletableFuture.runAsync(sender::close);
    failing.get(10, TimeUnit.SECONDS);
    sink.letThrough(1);
    await().until(() -> sink.sent().size() == 1);

    assertThat(sender.flush(Duration.ofMillis(200))).isFalse();
    goOn.complete(null);

    assertThat(sender.flush(LONG)).isTrue();
    close.get(10, TimeUnit.SECONDS);
    assertThat(sink.failed).containsOnlyKeys(1);
  }

  @Test
  void lingersForMoreButNotWhenThereIsNoPointInIt() throws Exception {
    RecordingSink sink = RecordingSink.open();
    Duration linger = Duration.ofSeconds(30); // longer than the test may take
    BatchSender<Integer> sender =
        sender(
            BatchSettings.DEFAULT.batch(10, 100).linger(linger).buffer(6, 1_000, LONG),
            entry -> 1,
            sink);

    IntStream.range(0, 3).forEach(sender::add);
    await().during(Duration.ofMillis(100)).until(() -> sink.batches.isEmpty());
    assertThat(sender.flush(LONG)).as("a flush ends it").isTrue();
    assertThat(sink.sizes()).containsExactly(3);

    IntStream.range(3, 12).forEach(sender::add);
    await().untilAsserted(() -> assertThat(sink.sent()).as("no room ends it").contains(5));

    assertThat(sender.close(LONG)).as("closing ends it").isTrue();
    assertThat(sink.sent()).isEqualTo(IntStream.range(0, 12).boxed().toList());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 60})
  void aFullBatchEndsTheLingerByCountAndByBytes(int weight) {
    RecordingSink sink = RecordingSink.open();
    BatchSender<Integer> sender =
        sender(
            BatchSettings.DEFAULT.batch(4, 100).linger(Duration.ofSeconds(30)),
            entry -> weight,
            sink);
    int needed = weight == 1 ? 4 : 2;

    IntStream.range(0, needed).forEach(sender::add);

    await().untilAsserted(() -> assertThat(sink.batches).isNotEmpty());
    assertThat(sink.sizes().get(0)).isEqualTo(weight == 1 ? 4 : 1);
  }

  @Test
  void losesNoWakeUpWhileItLingers() {
    RecordingSink sink = RecordingSink.open();
    BatchSender<Integer> sender =
        sender(
            BatchSettings.DEFAULT.batch(3, 1_000).linger(Duration.ofMillis(1)), entry -> 1, sink);

    for (int i = 0; i < 3_000; i++) {
      sender.add(i);
      if (i % 7 == 0) {
        assertThat(sender.flush(LONG)).isTrue();
      }
    }

    assertThat(sender.flush(LONG)).isTrue();
    assertThat(sink.sent()).isEqualTo(IntStream.range(0, 3_000).boxed().toList());
  }

  @Test
  void closeDrainsWithinItsTime() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    BatchSender<Integer> sender = sender(BatchSettings.DEFAULT.batch(2, 100), entry -> 1, sink);
    IntStream.range(0, 7).forEach(sender::add);
    sink.awaitBusy();
    sink.letThrough(10);

    assertThat(sender.close(LONG)).isTrue();

    assertThat(sink.sent()).containsExactly(0, 1, 2, 3, 4, 5, 6);
    assertThat(sink.failed).isEmpty();
    assertThatThrownBy(() -> sender.add(7))
        .isInstanceOf(ClosedException.class)
        .hasMessage("the test's sender is closed");
    assertThat(sender.close(LONG)).isTrue();
  }

  @Test
  void closeFailsTheRestOnceAndSettlesWhatIsOnItsWay() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    BatchSender<Integer> sender = sender(BatchSettings.DEFAULT.batch(2, 100), entry -> 1, sink);
    sender.add(0);
    sink.awaitBusy();
    IntStream.range(1, 6).forEach(sender::add);

    assertThat(sender.close(Duration.ofMillis(50))).isFalse();

    assertThat(sink.failed).containsOnlyKeys(1, 2, 3, 4, 5);
    assertThat(sink.failed.values())
        .allSatisfy(
            why -> {
              assertThat(why).isInstanceOf(ClosedException.class);
              assertThat(why).hasMessageContaining("closed before sending");
            });
    sink.letThrough(1);
    assertThat(sender.flush(LONG)).isTrue();
    assertThat(sink.sent()).containsExactly(0);
    assertThat(sink.settled.values()).containsOnly(1);
  }

  @Test
  void aCallerWhoWaitsForRoomLearnsOfTheClose() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    BatchSender<Integer> sender =
        sender(BatchSettings.DEFAULT.buffer(1, 1_000, LONG), entry -> 1, sink);
    sender.add(0);
    sink.awaitBusy();
    sender.add(1);
    FutureTask<Void> third =
        new FutureTask<>(
            () -> {
              sender.add(2);
              return null;
            });
    Thread caller = new Thread(third);
    caller.start();
    await().until(() -> caller.getState() == Thread.State.TIMED_WAITING);

    sender.close();

    assertThatThrownBy(() -> third.get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(ClosedException.class);
    sink.letThrough(1);
  }

  /** A sink of futures, as a producer has; the callbacks run on the sending thread. */
  private static final class Futures implements BatchSink<CompletableFuture<String>> {
    @Override
    public void send(List<CompletableFuture<String>> batch) {
      batch.forEach(future -> future.complete("sent"));
    }

    @Override
    public void fail(CompletableFuture<String> entry, MessagingException why) {
      entry.completeExceptionally(why);
    }
  }

  @Test
  void closeFromACallbackDrainsTheRestAndDoesNotDeadlock() throws Exception {
    BatchSender<CompletableFuture<String>> sender =
        sender(BatchSettings.DEFAULT.batch(1, 100), entry -> 1, new Futures());
    CompletableFuture<String> first = new CompletableFuture<>();
    AtomicReference<Boolean> closed = new AtomicReference<>();
    List<CompletableFuture<String>> rest = new ArrayList<>();
    CompletableFuture<Void> begun = new CompletableFuture<>();
    CompletableFuture<Void> added = new CompletableFuture<>();
    CompletableFuture<Void> callback =
        first.thenRun(
            () -> {
              begun.complete(null);
              added.join();
              closed.set(sender.close(LONG));
            });
    sender.add(first);
    begun.get(10, TimeUnit.SECONDS);
    for (int i = 0; i < 5; i++) {
      CompletableFuture<String> entry = new CompletableFuture<>();
      rest.add(entry);
      sender.add(entry);
    }
    added.complete(null);

    callback.get(10, TimeUnit.SECONDS);
    assertThat(closed.get()).isFalse();
    for (CompletableFuture<String> entry : rest) {
      assertThat(entry.get(10, TimeUnit.SECONDS)).isEqualTo("sent");
    }
    assertThatThrownBy(() -> sender.add(new CompletableFuture<>()))
        .isInstanceOf(ClosedException.class);
  }

  @Test
  void closeFromACallbackWithoutTimeFailsTheRest() throws Exception {
    BatchSender<CompletableFuture<String>> sender =
        sender(BatchSettings.DEFAULT.batch(1, 100), entry -> 1, new Futures());
    CompletableFuture<String> first = new CompletableFuture<>();
    CompletableFuture<String> second = new CompletableFuture<>();
    CompletableFuture<Void> added = new CompletableFuture<>();
    CompletableFuture<Void> callback =
        first.thenRun(
            () -> {
              added.join();
              sender.close();
            });
    sender.add(first);
    sender.add(second);
    added.complete(null);

    callback.get(10, TimeUnit.SECONDS);
    assertThatThrownBy(() -> second.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(ClosedException.class);
  }

  @Test
  void addAndFlushFromACallbackDoNotWaitForTheirOwnThread() throws Exception {
    BatchSender<CompletableFuture<String>> sender =
        sender(BatchSettings.DEFAULT.batch(1, 100).buffer(1, 100, LONG), entry -> 1, new Futures());
    CompletableFuture<String> first = new CompletableFuture<>();
    CompletableFuture<String> second = new CompletableFuture<>();
    AtomicReference<Boolean> flushed = new AtomicReference<>();
    AtomicReference<Throwable> refused = new AtomicReference<>();
    CompletableFuture<Void> callback =
        first.thenRun(
            () -> {
              sender.add(second);
              flushed.set(sender.flush(LONG));
              try {
                sender.add(new CompletableFuture<>());
              } catch (BufferFullException e) {
                refused.set(e);
              }
            });

    sender.add(first);

    callback.get(10, TimeUnit.SECONDS);
    assertThat(flushed.get()).isFalse();
    assertThat(refused.get()).isNotNull();
    assertThat(second.get(10, TimeUnit.SECONDS)).isEqualTo("sent");
  }

  @Test
  void whoWaitsGetsTheOutcomeOrTheErrorAsItIs() {
    BatchSender<CompletableFuture<String>> sender =
        sender(BatchSettings.DEFAULT, entry -> 1, new Futures());
    CompletableFuture<String> sent = new CompletableFuture<>();
    sender.add(sent);
    assertThat(sender.await(sent)).isEqualTo("sent");

    UnavailableException why = new UnavailableException("away", null);
    assertThatThrownBy(() -> sender.await(CompletableFuture.failedFuture(why))).isSameAs(why);
  }

  @Test
  void whoWaitsAndIsInterruptedStaysInterrupted() {
    BatchSender<CompletableFuture<String>> sender =
        sender(BatchSettings.DEFAULT, entry -> 1, new Futures());
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> sender.await(new CompletableFuture<>()))
        .isInstanceOf(WaitTimeoutException.class);

    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void waitingInACallbackIsRefusedAndDoesNotDeadlock() throws Exception {
    BatchSender<CompletableFuture<String>> sender =
        sender(BatchSettings.DEFAULT.batch(1, 100), entry -> 1, new Futures());
    CompletableFuture<String> first = new CompletableFuture<>();
    CompletableFuture<String> second = new CompletableFuture<>();
    CompletableFuture<Void> callback =
        first.thenRun(
            () -> {
              assertThat(sender.await(first)).isEqualTo("sent");
              sender.add(second);
              assertThatThrownBy(() -> sender.await(second))
                  .isInstanceOf(IllegalStateException.class)
                  .hasMessageContaining("would wait for itself");
            });

    sender.add(first);

    callback.get(10, TimeUnit.SECONDS);
    assertThat(second.get(10, TimeUnit.SECONDS)).isEqualTo("sent");
  }

  /** Writes down which thread sent what. */
  private static BatchSink<Integer> noting(RecordingSink sink, List<Thread> sending) {
    return new BatchSink<>() {
      @Override
      public void send(List<Integer> batch) {
        sending.add(Thread.currentThread());
        sink.send(batch);
      }

      @Override
      public void fail(Integer entry, MessagingException why) {
        sink.fail(entry, why);
      }
    };
  }

  @Test
  void anAwaitedEntryThatNothingComesBeforeIsSentByItsCaller() {
    RecordingSink sink = RecordingSink.open();
    List<Thread> sending = Collections.synchronizedList(new ArrayList<>());
    BatchSender<Integer> sender = sender(BatchSettings.DEFAULT, entry -> 1, noting(sink, sending));

    sender.addAwaited(1);
    assertThat(sink.sent()).containsExactly(1);
    sender.add(2);
    assertThat(sender.flush(LONG)).isTrue();
    sender.addAwaited(3);
    assertThat(sender.flush(LONG)).isTrue();

    assertThat(sink.sent()).containsExactly(1, 2, 3);
    Thread test = Thread.currentThread();
    assertThat(sending).containsExactly(test, threads.get(0), test);
  }

  @Test
  void anAwaitedEntryWaitsBehindOthersAndBehindABatchOnItsWay() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    BatchSender<Integer> sender = sender(BatchSettings.DEFAULT, entry -> 1, sink);
    sender.add(1);
    sink.awaitBusy();
    sender.addAwaited(2);
    sender.addAwaited(3);

    sink.letThrough(10);
    assertThat(sender.flush(LONG)).isTrue();

    assertThat(sink.batches).containsExactly(List.of(1), List.of(2, 3));
  }

  @Test
  void whatComesWhileACallerSendsIsSentAfterwardsAlsoOnClose() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    BatchSender<Integer> sender = sender(BatchSettings.DEFAULT, entry -> 1, sink);
    Thread caller = new Thread(() -> sender.addAwaited(1));
    caller.start();
    sink.awaitBusy();
    sender.add(2);
    assertThat(sender.flush(Duration.ZERO)).isFalse();
    FutureTask<Boolean> close = new FutureTask<>(() -> sender.close(LONG));
    new Thread(close).start();

    sink.letThrough(10);

    assertThat(close.get(10, TimeUnit.SECONDS)).isTrue();
    caller.join(10_000);
    assertThat(sink.sent()).containsExactly(1, 2);
    assertThatThrownBy(() -> sender.addAwaited(3)).isInstanceOf(ClosedException.class);
  }

  @Test
  void aCallerWhoSendsIsNotMadeToWaitForItself() {
    List<Throwable> thrown = new ArrayList<>();
    List<BatchSender<Integer>> sender = new ArrayList<>();
    List<List<Integer>> batches = Collections.synchronizedList(new ArrayList<>());
    BatchSink<Integer> reentrant =
        new BatchSink<>() {
          @Override
          public void send(List<Integer> batch) {
            batches.add(batch);
            if (batch.contains(1)) {
              sender.get(0).addAwaited(2);
              assertThat(sender.get(0).flush(LONG)).isFalse();
              thrown.add(catchThrowable(() -> sender.get(0).await(new CompletableFuture<>())));
            }
          }

          @Override
          public void fail(Integer entry, MessagingException why) {
            throw new AssertionError(why);
          }
        };
    sender.add(sender(BatchSettings.DEFAULT, entry -> 1, reentrant));

    sender.get(0).addAwaited(1);

    assertThat(sender.get(0).flush(LONG)).isTrue();
    assertThat(batches).containsExactly(List.of(1), List.of(2));
    assertThat(thrown).singleElement().isInstanceOf(IllegalStateException.class);
  }

  /** Keeps what was begun until the next batch. */
  private static final class BeginningSink implements BatchSink<Integer> {
    final RecordingSink settled = RecordingSink.open();
    final Map<Integer, Thread> begun = new ConcurrentHashMap<>();
    final List<Integer> kept = new ArrayList<>();
    private volatile boolean can = true;

    @Override
    public boolean canBegin(Integer entry) {
      return can;
    }

    @Override
    public void begin(Integer entry) {
      begun.put(entry, Thread.currentThread());
      kept.add(entry);
    }

    @Override
    public void send(List<Integer> batch) {
      List<Integer> all = new ArrayList<>(kept);
      all.addAll(batch);
      kept.clear();
      settled.send(all);
    }

    @Override
    public Kept kept() {
      return kept.isEmpty()
          ? Kept.NOTHING
          : new Kept(kept.size(), kept.size(), 0, System.nanoTime());
    }

    @Override
    public void fail(Integer entry, MessagingException why) {
      settled.fail(entry, why);
    }
  }

  @Test
  void anEntryThatNothingComesBeforeIsBegunByItsCallerAndSettledByTheSendingThread() {
    BeginningSink sink = new BeginningSink();
    BatchSender<Integer> sender = sender(BatchSettings.DEFAULT, entry -> 1, sink);
    sender.add(1);
    assertThat(sink.begun).containsOnly(Map.entry(1, Thread.currentThread()));
    assertThat(sender.flush(LONG)).isTrue();
    sink.can = false;
    sender.add(2);
    assertThat(sender.flush(LONG)).isTrue();
    sink.can = true;
    Thread.currentThread().interrupt();
    sender.add(3);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(sender.flush(LONG)).isTrue();
    sender.add(4);
    assertThat(sender.close(LONG)).isTrue();

    assertThat(sink.begun).containsOnlyKeys(1, 4);
    assertThat(sink.settled.sent()).containsExactly(1, 2, 3, 4);
    assertThat(sink.settled.failed).isEmpty();
  }

  @Test
  void whatIsAddedBehindWhatWasBegunIsSentBehindIt() throws Exception {
    BeginningSink sink = new BeginningSink();
    BatchSender<Integer> sender = sender(BatchSettings.DEFAULT, entry -> 1, sink);
    for (int i = 0; i < 1_000; i++) {
      sender.add(i);
    }
    assertThat(sender.flush(LONG)).isTrue();
    assertThat(sink.settled.sent())
        .containsExactlyElementsOf(IntStream.range(0, 1_000).boxed().toList());
  }

  @Test
  void whatTheSinkThrowsFailsAnAwaitedEntryToo() {
    RecordingSink sink = RecordingSink.open();
    BatchSender<Integer> sender =
        sender(
            BatchSettings.DEFAULT,
            entry -> 1,
            throwingOnce(sink, new UnavailableException("away", null)));

    sender.addAwaited(1);
    sender.addAwaited(2);

    assertThat(sink.failed).containsOnlyKeys(1);
    assertThat(sink.sent()).containsExactly(2);
  }

  /** Throws on its first batch, then works. */
  private static BatchSink<Integer> throwingOnce(RecordingSink sink, Throwable error) {
    AtomicInteger calls = new AtomicInteger();
    return new BatchSink<>() {
      @Override
      public void send(List<Integer> batch) {
        if (calls.getAndIncrement() == 0) {
          BatchSenderTest.<RuntimeException>sneak(error);
        }
        sink.send(batch);
      }

      @Override
      public void fail(Integer entry, MessagingException why) {
        sink.fail(entry, why);
      }
    };
  }

  @SuppressWarnings("unchecked") // to throw what the compiler would want declared
  private static <X extends Throwable> void sneak(Throwable error) throws X {
    throw (X) error;
  }

  static List<Throwable> whatSinksThrow() {
    return List.of(
        new IllegalStateException("boom"),
        new AssertionError("boom"),
        new OutOfMemoryError("boom"),
        new StackOverflowError("boom"),
        new Exception("boom"));
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.MethodSource("whatSinksThrow")
  void whateverTheSinkThrowsFailsItsBatchAndNotTheSender(Throwable error) {
    RecordingSink sink = RecordingSink.open();
    BatchSender<Integer> sender =
        sender(BatchSettings.DEFAULT, entry -> 1, throwingOnce(sink, error));

    sender.add(0);
    assertThat(sender.flush(LONG)).isTrue();
    sender.add(1);
    assertThat(sender.flush(LONG)).isTrue();

    assertThat(sink.failed).containsOnlyKeys(0);
    assertThat(sink.failed.get(0))
        .hasMessage("the test's sender failed to send: " + error)
        .hasCause(error);
    assertThat(sink.failed.values())
        .allSatisfy(why -> assertThat(why.code()).isEqualTo(ErrorCode.SERVER_ERROR));
    assertThat(sink.sent()).containsExactly(1);
  }

  @Test
  void anErrorOfTheFamilyPassesAsItIs() {
    RecordingSink sink = RecordingSink.open();
    UnavailableException away = new UnavailableException("away", null);
    BatchSender<Integer> sender =
        sender(BatchSettings.DEFAULT, entry -> 1, throwingOnce(sink, away));

    sender.add(0);

    assertThat(sender.flush(LONG)).isTrue();
    assertThat(sink.failed.get(0)).isSameAs(away);
  }

  @Test
  void anEntryThatCannotBeToldDoesNotKeepTheOthersFromBeingTold() throws Exception {
    RecordingSink sink = RecordingSink.shut();
    BatchSink<Integer> stubborn =
        new BatchSink<>() {
          @Override
          public void send(List<Integer> batch) {
            sink.send(batch);
            throw new IllegalStateException("boom");
          }

          @Override
          public void fail(Integer entry, MessagingException why) {
            if (entry == 1) {
              throw new AssertionError("deaf");
            }
            sink.fail(entry, why);
          }
        };
    BatchSender<Integer> sender = sender(BatchSettings.DEFAULT, entry -> 1, stubborn);
    sender.add(0);
    sink.awaitBusy();
    IntStream.range(1, 4).forEach(sender::add);
    sink.letThrough(2);

    assertThat(sender.flush(LONG)).isTrue();
    assertThat(sink.failed).containsOnlyKeys(0, 2, 3);
  }

  @Test
  @SuppressWarnings("NullAway") // null on purpose
  void refusesBadEntriesAtTheDoor() {
    BatchSender<Integer> sender =
        sender(BatchSettings.DEFAULT, entry -> entry, RecordingSink.open());

    assertThatThrownBy(() -> sender.add(null)).isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> sender.add(-1))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageStartingWith("weight of an entry was -1");
  }

  @Test
  void refusesWaitsOfNoSenseAndGoesOnWorking() {
    RecordingSink sink = RecordingSink.open();
    BatchSender<Integer> sender = sender(BatchSettings.DEFAULT, entry -> 1, sink);

    for (Duration wait :
        List.of(
            Duration.ofNanos(-1),
            BatchSender.LONGEST_WAIT.plusNanos(1),
            Duration.ofSeconds(Long.MAX_VALUE))) {
      assertThatThrownBy(() -> sender.flush(wait))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageStartingWith("timeout was");
      assertThatThrownBy(() -> sender.close(wait))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageStartingWith("drain was");
    }

    sender.add(1);
    assertThat(sender.flush(BatchSender.LONGEST_WAIT)).isTrue();
    assertThat(sink.sent()).containsExactly(1);
  }

  @Test
  void aStrayInterruptOfTheSendingThreadDoesNotEndIt() {
    RecordingSink sink = RecordingSink.open();
    BatchSender<Integer> sender =
        sender(
            BatchSettings.DEFAULT.batch(2, 100).linger(Duration.ofMillis(200)), entry -> 1, sink);
    sender.add(0);

    threads.get(0).interrupt();

    assertThat(sender.flush(LONG)).isTrue();
    sender.add(1);
    assertThat(sender.flush(LONG)).isTrue();
    assertThat(sink.sent()).containsExactly(0, 1);
  }
}
