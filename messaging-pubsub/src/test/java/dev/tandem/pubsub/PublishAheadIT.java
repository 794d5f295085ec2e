package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.at;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What breaks while two rounds of publishes are under way costs nothing but time. */
@RedisTest(dedicated = true)
class PublishAheadIT {
  private static final RetryPolicy QUICK =
      RetryPolicy.exponential(Duration.ofMillis(5), Duration.ofMillis(200)).maxDeliveries(100);
  private static final int MANY = 6_000;
  private static final int FRAME = 128;

  /** The most frames of a channel under way, in two rounds. */
  private static final int UNDER_WAY = 16;

  /** Keeps all, for subscribers whose connection is lost, too. */
  private final Channel<String> board = channel("board").recoverable(Duration.ofMinutes(5), MANY);

  private final Buses buses = new Buses();
  private final RedisServer server;
  private final FaultProxy proxy;
  private final Tenant tenant;
  private final LiveBus subscriber;
  private LiveBus publisher;
  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);

  PublishAheadIT(RedisServer server, FaultProxy proxy, @UniqueTenant String name) {
    this.server = server;
    this.proxy = proxy;
    this.tenant = Tenant.of(name);
    this.subscriber = buses.bus(server.url());
    this.publisher = buses.bus(proxy.url(), builder -> builder.publishRetry(QUICK));
  }

  @AfterEach
  void close() {
    buses.close();
  }

  private Recorder recorder(Channel<String> channel) throws Exception {
    Recorder recorder = new Recorder();
    active(subscriber.subscribe(tenant, channel, SubscribeOptions.fromNow(), recorder));
    return recorder;
  }

  /** Has the sending thread wait, so that what is published meanwhile goes together. */
  private void heldUntil(CountDownLatch gathered) {
    Thread caller = Thread.currentThread();
    CompletableFuture<Boolean> held;
    do {
      CompletableFuture<Boolean> isHeld = new CompletableFuture<>();
      held = isHeld;
      var unused =
          publisher
              .publishAsync(tenant, channel("first"), message("first"))
              .thenRun(
                  () -> {
                    boolean isSender = Thread.currentThread() != caller; // not if it was quick
                    isHeld.complete(isSender);
                    if (isSender) {
                      awaitUninterruptibly(gathered);
                    }
                  });
    } while (!held.join());
  }

  private List<CompletableFuture<PublishReceipt>> published(
      Channel<String> channel, List<String> payloads) {
    List<CompletableFuture<PublishReceipt>> sent = new ArrayList<>();
    for (String payload : payloads) {
      sent.add(publisher.publishAsync(tenant, channel, message(payload)));
    }
    return sent;
  }

  private List<CompletableFuture<PublishReceipt>> publishedTogether(
      Channel<String> channel, List<String> payloads) {
    return publishedTogether(channel, payloads, () -> {});
  }

  /** Publishes what goes together, once this was done. */
  private List<CompletableFuture<PublishReceipt>> publishedTogether(
      Channel<String> channel, List<String> payloads, Runnable beforeItGoes) {
    CountDownLatch gathered = new CountDownLatch(1);
    heldUntil(gathered);
    List<CompletableFuture<PublishReceipt>> sent = published(channel, payloads);
    beforeItGoes.run();
    gathered.countDown();
    return sent;
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void loseTheReplyTo(String payload) {
    proxy.executeButDropReply(
        line -> line.startsWith("EVAL") && line.contains('"' + payload + '"'));
  }

  private void assertVersionsFromOneOn(List<CompletableFuture<PublishReceipt>> sent)
      throws Exception {
    for (int i = 0; i < sent.size(); i++) {
      assertThat(at(sent.get(i).get(60, TimeUnit.SECONDS)).version())
          .as("seed %d", seed)
          .isEqualTo(i + 1);
    }
  }

  @Test
  void whoDoesNotWaitForRedisDoesNotWaitForOneThatHangsOrIsAway() throws Exception {
    Recorder recorder = recorder(board);
    publisher.publish(tenant, board, message("m1")); // leaves an open connection behind
    List<CompletableFuture<PublishReceipt>> receipts = new ArrayList<>();

    server.pause();
    receipts.add(publisher.publishAsync(tenant, board, message("m2")));
    receipts.add(publisher.publishAsync(tenant, board, message("m3")));
    assertThat(receipts).noneMatch(CompletableFuture::isDone);
    server.resume();
    for (CompletableFuture<PublishReceipt> receipt : receipts) {
      receipt.get(30, TimeUnit.SECONDS);
    }

    proxy.refuse();
    receipts.add(publisher.publishAsync(tenant, board, message("m4")));
    receipts.add(publisher.publishAsync(tenant, board, message("m5")));
    assertThat(receipts.subList(2, 4)).noneMatch(CompletableFuture::isDone);
    proxy.heal();
    for (CompletableFuture<PublishReceipt> receipt : receipts) {
      receipt.get(30, TimeUnit.SECONDS);
    }
    recorder.assertExactly(numbers("m", 1, 5));
  }

  @Test
  void repliesThatAreLostAnywhereInTwoRounds() throws Exception {
    Recorder recorder = recorder(board);
    Set<Integer> lost = new HashSet<>();
    for (int i = 0; i < 12; i++) {
      lost.add(1 + random.nextInt(MANY));
    }
    lost.forEach(number -> loseTheReplyTo("m" + number));

    assertVersionsFromOneOn(publishedTogether(board, numbers("m", 1, MANY)));

    assertThat(proxy.droppedReplies()).isPositive();
    recorder.awaitCount(MANY);
    assertThat(recorder.payloads()).as("seed %d", seed).isEqualTo(numbers("m", 1, MANY));
    recorder.assertUnbroken();
    assertThat(publisher.stats().publishFailures()).isZero();
  }

  @Test
  void twoRoundsThatAreExecutedWhileAllTheirRepliesAreLost() throws Exception {
    RetryPolicy once = QUICK.maxDeliveries(2); // for both break with one connection
    publisher = buses.bus(proxy.url(), builder -> builder.publishRetry(once));
    Recorder recorder = recorder(board);
    List<CompletableFuture<PublishReceipt>> sent =
        publishedTogether(board, numbers("m", 1, MANY), proxy::halfOpen);
    recorder.awaitCount(UNDER_WAY * FRAME);
    proxy.heal();

    assertVersionsFromOneOn(sent);
    recorder.awaitCount(MANY);
    assertThat(recorder.payloads()).isEqualTo(numbers("m", 1, MANY));
    recorder.assertUnbroken();
    assertThat(sent.subList(0, UNDER_WAY * FRAME))
        .as("answered from memory, which unlike the frames themselves knows the receivers")
        .allMatch(one -> one.join().receivers() == 1);
    assertThat(publisher.publisherStats().channels())
        .anySatisfy(stats -> assertThat(stats.resent()).isGreaterThanOrEqualTo(UNDER_WAY * FRAME));
  }

  @Test
  void twoRoundsThatAreDelayedAndExecutedAlongWithTheirRepetition() throws Exception {
    Recorder recorder = recorder(board);
    List<CompletableFuture<PublishReceipt>> sent =
        publishedTogether(board, numbers("m", 1, MANY), server::pause);
    assertThatThrownBy(() -> sent.get(0).get(2_500, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    server.resume();

    assertVersionsFromOneOn(sent);
    recorder.awaitCount(MANY);
    assertThat(recorder.payloads()).isEqualTo(numbers("m", 1, MANY));
    recorder.assertUnbroken();
  }

  @Test
  void whatWasSentHasNoMoreTriesForTheSuccessOfTheOneBeforeIt() throws Exception {
    RetryPolicy once = QUICK.maxDeliveries(2);
    publisher = buses.bus(proxy.url(), builder -> builder.publishRetry(once));
    loseTheReplyTo("m1"); // and with it that to the next frame, which is not forwarded
    loseTheReplyTo("m" + (FRAME + 1));
    List<CompletableFuture<PublishReceipt>> sent =
        publishedTogether(board, numbers("m", 1, FRAME + 1));

    assertThatThrownBy(() -> sent.get(FRAME).get(60, TimeUnit.SECONDS))
        .hasCauseInstanceOf(OutcomeUnknownException.class);
    assertVersionsFromOneOn(sent.subList(0, FRAME));
    assertThat(proxy.droppedReplies()).isEqualTo(2);
  }

  @Test
  void aFleetingMessageDoesNotOvertakeRecoverableOnesOfItsChannel() throws Exception {
    CompletableFuture<Long> open = new CompletableFuture<>();
    CountDownLatch gathered = new CountDownLatch(1);
    heldUntil(gathered);
    List<CompletableFuture<PublishReceipt>> before =
        published(board, numbers("m", 1, UNDER_WAY / 2 * FRAME + 1)); // more than one round
    CompletableFuture<Void> counted =
        publisher
            .publishAsync(tenant, channel("board").fleeting(), message("fleeting"))
            .thenRun(() -> open.complete(before.stream().filter(one -> !one.isDone()).count()));
    loseTheReplyTo("m1");
    gathered.countDown();

    counted.get(60, TimeUnit.SECONDS);
    assertThat(open).isCompletedWithValue(0L);
    assertVersionsFromOneOn(before);
  }

  @Test
  void aCloseWaitsForWhatIsUnderWay() throws Exception {
    Recorder recorder = recorder(board);
    proxy.delay(Duration.ofMillis(3));
    loseTheReplyTo("m1500");
    List<CompletableFuture<PublishReceipt>> sent = publishedTogether(board, numbers("m", 1, MANY));
    publisher.close();

    assertThat(sent).allMatch(CompletableFuture::isDone);
    assertVersionsFromOneOn(sent);
    recorder.assertExactly(numbers("m", 1, MANY));
  }

  /** What one source published to one channel, in its order. */
  private static final class Source {
    final Channel<String> channel;
    final String prefix;
    final List<CompletableFuture<?>> sent = new ArrayList<>();
    int last;

    Source(Channel<String> channel, String prefix) {
      this.channel = channel;
      this.prefix = prefix;
    }

    String next() {
      return prefix + ++last;
    }
  }

  @Test
  void manyChannelsBatchesAndThreadsWhileConnectionsBreak() throws Exception {
    Channel<String> fleeting = channel("quick").fleeting();
    Map<String, Recorder> recorders = new TreeMap<>();
    List<Source> sources = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      recorders.put(name, recorder(channel(name)));
      sources.add(new Source(channel(name), name));
    }
    Channel<String> otherwise = channel("a").recoverable(Duration.ofMinutes(6), 2_000);
    Recorder quick = recorder(fleeting);
    Source passing = new Source(fleeting, "f");
    List<CompletableFuture<Void>> threads = new ArrayList<>();
    for (Source blocking : List.of(new Source(channel("a"), "x"), new Source(channel("b"), "y"))) {
      sources.add(blocking);
      threads.add(CompletableFuture.runAsync(() -> publishOneByOne(blocking, 150)));
    }
    for (int i = 0; i < 4_000; i++) {
      Source source = sources.get(random.nextInt(3));
      int dice = random.nextInt(1_000);
      if (dice < 10) {
        Source other = sources.get((sources.indexOf(source) + 1) % 3);
        source.sent.add(
            publisher.publishAsync(
                tenant,
                ChannelBatch.of()
                    .add(source.channel, message(source.next()))
                    .add(other.channel, message(other.next()))
                    .add(source.channel, message(source.next()))));
      } else if (dice < 60) {
        passing.sent.add(publisher.publishAsync(tenant, fleeting, message(passing.next())));
      } else {
        boolean isOther = source == sources.get(0) && random.nextInt(200) == 0;
        source.sent.add(
            publisher.publishAsync(
                tenant, isOther ? otherwise : source.channel, message(source.next())));
      }
      disturb(random.nextInt(2_000));
    }
    for (CompletableFuture<Void> thread : threads) {
      thread.get(60, TimeUnit.SECONDS);
    }
    for (Source source : sources) {
      for (CompletableFuture<?> one : source.sent) {
        one.get(60, TimeUnit.SECONDS);
      }
    }
    for (Map.Entry<String, Recorder> recorder : recorders.entrySet()) {
      assertAllOf(sources, recorder.getKey(), recorder.getValue());
    }
    assertPassed(passing, quick);
  }

  @Test
  void fleetingRoundsUnderWayTogetherKeepTheirOrderWhateverBreaks() throws Exception {
    Channel<String> fleeting = channel("quick").fleeting();
    Recorder quick = recorder(fleeting);
    Source passing = new Source(fleeting, "f");
    for (int i = 0; i < MANY; i++) {
      if (i % 1_000 == 0) {
        settled(passing);
      }
      passing.sent.add(publisher.publishAsync(tenant, fleeting, message(passing.next())));
      int dice = random.nextInt(MANY);
      if (dice < 2) {
        proxy.reset();
      } else if (dice < 4) {
        proxy.executeButDropReply(line -> line.startsWith("PUBLISH"));
      }
    }
    settled(passing);
    assertPassed(passing, quick);
  }

  private static void settled(Source source) throws Exception {
    CompletableFuture.allOf(source.sent.toArray(CompletableFuture[]::new))
        .exceptionally(some -> null)
        .get(60, TimeUnit.SECONDS);
  }

  private void publishOneByOne(Source source, int messages) {
    for (int i = 0; i < messages; i++) {
      publisher.publish(tenant, source.channel, message(source.next()));
    }
  }

  private void disturb(int dice) {
    if (dice < 4) {
      proxy.reset();
    } else if (dice < 20) {
      proxy.executeButDropReply(line -> line.startsWith("EVAL") || line.startsWith("PUBLISH"));
    } else if (dice < 24) {
      server.execute("SCRIPT", "FLUSH");
    }
  }

  /** Each message of each source of a channel is there once, in its source's order. */
  private void assertAllOf(List<Source> sources, String channel, Recorder recorder) {
    List<Source> its = sources.stream().filter(s -> s.channel.name().equals(channel)).toList();
    recorder.awaitCount(its.stream().mapToInt(source -> source.last).sum());
    recorder.assertUnbroken();
    assertThat(recorder.gaps()).as("seed %d", seed).isEmpty();
    assertThat(recorder.payloads()).hasSize(its.stream().mapToInt(source -> source.last).sum());
    for (Source source : its) {
      assertThat(recorder.payloads().stream().filter(p -> p.startsWith(source.prefix)))
          .as("seed %d", seed)
          .containsExactlyElementsOf(numbers(source.prefix, 1, source.last));
    }
  }

  /** Fleeting messages are there at most once and in order, and those with a receipt are there. */
  private void assertPassed(Source passing, Recorder recorder) throws Exception {
    List<String> published = new ArrayList<>();
    List<String> maybe = numbers(passing.prefix, 1, passing.last);
    for (int i = 0; i < passing.last; i++) {
      try {
        passing.sent.get(i).get(60, TimeUnit.SECONDS);
        published.add(maybe.get(i));
      } catch (ExecutionException e) {
        assertThat(e).hasCauseInstanceOf(OutcomeUnknownException.class);
      }
    }
    published.forEach(recorder::awaitLast);
    List<String> arrived = recorder.payloads();
    assertThat(maybe.stream().filter(arrived::contains))
        .as("seed %d", seed)
        .containsExactlyElementsOf(arrived);
  }

  @Test
  void recoverableAndFleetingMessagesWaitForEachOtherWhileOneKindIsRefused() throws Exception {
    // One who takes the channel for fleeting is given both kinds.
    Recorder recorder = recorder(board.fleeting());
    CountDownLatch gathered = new CountDownLatch(1);
    heldUntil(gathered);
    List<CompletableFuture<PublishReceipt>> sent = new ArrayList<>();
    for (int i = 1; i <= 6; i++) {
      Channel<String> kind = i % 2 == 0 ? board.fleeting() : board;
      sent.addAll(published(kind, List.of("m" + i)));
    }
    server.execute("CONFIG", "SET", "min-replicas-to-write", "1"); // refuses what writes keys
    try {
      gathered.countDown();
      await()
          .atMost(Recorder.PATIENCE)
          .until(
              () ->
                  publisher.publisherStats().channels().stream()
                      .anyMatch(stats -> stats.resent() >= 3));
      assertThat(sent).noneMatch(CompletableFuture::isDone);
    } finally {
      server.execute("CONFIG", "SET", "min-replicas-to-write", "0");
    }
    for (CompletableFuture<PublishReceipt> one : sent) {
      one.get(30, TimeUnit.SECONDS);
    }
    recorder.awaitCount(6);
    assertThat(recorder.payloads()).isEqualTo(numbers("m", 1, 6));
  }
}
