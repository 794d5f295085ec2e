package dev.tandem.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.SubscriberEvents;
import dev.tandem.redis.command.SubscriberLink;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@RedisTest(dedicated = true)
@Timeout(60)
class SubscriberLinkIT {
  private RedisServer server;
  private FaultProxy proxy;
  private String base;
  private RedisConnection redis;
  private SubscriberLink link;
  private final Log log = new Log();

  @BeforeEach
  void connect(RedisServer server, FaultProxy proxy, @UniqueTenant String unique) {
    this.server = server;
    this.proxy = proxy;
    this.base = unique;
    redis = RedisConnection.connect(proxy.url());
    link = redis.openSubscriber();
  }

  @AfterEach
  void close() {
    link.close();
    redis.close();
  }

  /** Writes down what arrives. */
  static class Log implements SubscriberEvents {
    final List<String> lines = new CopyOnWriteArrayList<>();

    @Override
    public void onMessage(byte[] channel, byte[] payload) {
      lines.add(text(channel) + "=" + text(payload));
    }

    @Override
    public void onPatternMessage(byte[] pattern, byte[] channel, byte[] payload) {
      lines.add(text(pattern) + ">" + text(channel) + "=" + text(payload));
    }

    @Override
    public void onSubscribed(byte[] channelOrPattern) {
      lines.add("+" + text(channelOrPattern));
    }

    @Override
    public void onUnsubscribed(byte[] channelOrPattern) {
      lines.add("-" + text(channelOrPattern));
    }

    static String text(byte[] bytes) {
      return new String(bytes, UTF_8);
    }
  }

  private RedisKey channel(String name) {
    return RedisKey.of(base + ":" + name);
  }

  private CompletableFuture<Throwable> run(SubscriberEvents events, String... first) {
    List<RedisKey> channels = List.of(first).stream().map(this::channel).toList();
    return CompletableFuture.supplyAsync(() -> catchThrowable(() -> link.run(events, channels)));
  }

  private void publish(String name, String payload) {
    server.execute("PUBLISH", base + ":" + name, payload);
  }

  private long subscribers() {
    return server.execute("PUBSUB", "NUMSUB", base + ":a") instanceof List<?> reply
            && reply.get(1) instanceof Long count
        ? count
        : -1;
  }

  private void awaitLines(String... lines) {
    await()
        .untilAsserted(
            () ->
                assertThat(log.lines.stream().map(line -> line.replace(base + ":", "")))
                    .containsExactly(lines));
  }

  /** On "aside", waits aside for as long as it is told to. */
  private final class Stepping extends Log {
    private final CountDownLatch aside = new CountDownLatch(1);
    private final CountDownLatch back = new CountDownLatch(1);
    private final CompletableFuture<Boolean> stillReads = new CompletableFuture<>();

    @Override
    public void onMessage(byte[] channel, byte[] payload) {
      super.onMessage(channel, payload);
      if (text(payload).equals("aside")) {
        stillReads.complete(
            link.aside(
                () -> {
                  aside.countDown();
                  try {
                    back.await(60, TimeUnit.SECONDS);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }));
      }
    }
  }

  @Test
  void anotherThreadReadsOnInPlaceOfOneThatIsAside() throws Exception {
    Stepping stepping = new Stepping();
    CompletableFuture<Boolean> first =
        CompletableFuture.supplyAsync(() -> link.run(stepping, List.of(channel("a"))));
    await().until(() -> stepping.lines.size() == 1);
    assertThat(link.takeOver(log)).as("nobody is aside").isFalse();
    publish("a", "aside");
    publish("a", "1");
    assertThat(stepping.aside.await(60, TimeUnit.SECONDS)).isTrue();
    CompletableFuture<Boolean> second = CompletableFuture.supplyAsync(() -> link.takeOver(log));
    awaitLines("a=1");
    link.subscribe(List.of(channel("b")));
    awaitLines("a=1", "+b");
    stepping.back.countDown();
    assertThat(first.get(60, TimeUnit.SECONDS)).as("it has ended").isFalse();
    assertThat(stepping.stillReads.get(60, TimeUnit.SECONDS)).isFalse();
    publish("b", "2");
    awaitLines("a=1", "+b", "b=2");
    link.unsubscribe(List.of(channel("a"), channel("b")));
    assertThat(second.get(60, TimeUnit.SECONDS)).as("it has ended").isTrue();
    assertThat(stepping.lines).hasSize(2);
  }

  @Test
  void whoComesBackBeforeItIsReplacedReadsOn() throws Exception {
    Stepping stepping = new Stepping();
    CompletableFuture<Boolean> first =
        CompletableFuture.supplyAsync(() -> link.run(stepping, List.of(channel("a"))));
    await().until(() -> stepping.lines.size() == 1);
    stepping.back.countDown();
    publish("a", "aside");
    assertThat(stepping.stillReads.get(60, TimeUnit.SECONDS)).isTrue();
    publish("a", "1");
    await().until(() -> stepping.lines.size() == 3);
    assertThat(link.takeOver(log)).isFalse();
    link.unsubscribe(List.of(channel("a")));
    assertThat(first.get(60, TimeUnit.SECONDS)).as("it has ended").isTrue();
  }

  @Test
  void confirmsAndDeliversInOrder() throws Exception {
    CompletableFuture<Throwable> run = run(log, "a", "b");
    awaitLines("+a", "+b");
    publish("a", "1");
    publish("b", "2");
    publish("a", "3");
    awaitLines("+a", "+b", "a=1", "b=2", "a=3");

    link.subscribe(List.of(channel("c")));
    awaitLines("+a", "+b", "a=1", "b=2", "a=3", "+c");
    link.unsubscribe(List.of(channel("a"), channel("b")));
    awaitLines("+a", "+b", "a=1", "b=2", "a=3", "+c", "-a", "-b");
    publish("a", "not heard");
    publish("c", "4");
    awaitLines("+a", "+b", "a=1", "b=2", "a=3", "+c", "-a", "-b", "c=4");

    link.unsubscribe(List.of(channel("c")));
    assertThat(run.get(60, TimeUnit.SECONDS)).as("ends with the last channel").isNull();
    awaitLines("+a", "+b", "a=1", "b=2", "a=3", "+c", "-a", "-b", "c=4", "-c");
    assertThatThrownBy(() -> link.subscribe(List.of(channel("a"))))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("is not running");
  }

  @Test
  void givingUpTheLastChannelIsNoErrorForWhoAsks() throws Exception {
    for (int round = 0; round < 200; round++) {
      SubscriberLink own = redis.openSubscriber();
      CompletableFuture<Void> begun = new CompletableFuture<>();
      CompletableFuture<Throwable> run =
          CompletableFuture.supplyAsync(
              () ->
                  catchThrowable(
                      () ->
                          own.run(
                              new Log() {
                                @Override
                                public void onSubscribed(byte[] channel) {
                                  begun.complete(null);
                                }
                              },
                              List.of(channel("a")))));
      begun.get(60, TimeUnit.SECONDS);

      own.unsubscribe(List.of(channel("a")));

      assertThat(run.get(60, TimeUnit.SECONDS)).isNull();
      own.close();
    }
  }

  @Test
  void matchesPatterns() throws Exception {
    CompletableFuture<Throwable> run = run(log, "a");
    awaitLines("+a");
    link.subscribePatterns(List.of(channel("p.*")));
    awaitLines("+a", "+p.*");
    publish("p.x", "1");
    awaitLines("+a", "+p.*", "p.*>p.x=1");
    link.unsubscribe(List.of(channel("a")));
    awaitLines("+a", "+p.*", "p.*>p.x=1", "-a");
    link.unsubscribePatterns(List.of(channel("p.*")));

    assertThat(run.get(60, TimeUnit.SECONDS)).isNull();
  }

  @Test
  void deliversAnyBytes() {
    CompletableFuture<byte[]> payload = new CompletableFuture<>();
    CompletableFuture<Throwable> run =
        run(
            new Log() {
              @Override
              public void onMessage(byte[] channel, byte[] bytes) {
                payload.complete(bytes);
              }

              @Override
              public void onSubscribed(byte[] channel) {
                redis
                    .commands()
                    .execute(
                        dev.tandem.redis.command.Command.of("PUBLISH")
                            .arg(channel)
                            .arg(new byte[] {0, (byte) 200, '\r', '\n'}));
              }
            },
            "bytes");

    assertThat(payload).succeedsWithin(Duration.ofSeconds(5));
    assertThat(payload.join()).containsExactly(0, (byte) 200, '\r', '\n');
    assertThat(run).isNotDone();
  }

  @Test
  void silenceIsNoFailure() {
    try (RedisConnection quick =
        RedisConnection.builder()
            .url(server.url())
            .connectTimeout(Duration.ofSeconds(3))
            .replyTimeout(Duration.ofMillis(200))
            .lazy()
            .build()) {
      link.close();
      link = quick.openSubscriber();
      CompletableFuture<Throwable> run = run(log, "a");
      awaitLines("+a");
      await().during(Duration.ofSeconds(4)).until(() -> !run.isDone());
      publish("a", "late");
      awaitLines("+a", "a=late");
    }
  }

  @Test
  void interruptAndCloseEndItAtOnceWithAnError() throws Exception {
    for (Runnable end : List.<Runnable>of(() -> link.interrupt(), () -> link.close())) {
      link = redis.openSubscriber();
      Log own = new Log();
      CompletableFuture<Throwable> run = run(own, "a");
      await().until(() -> own.lines.size() == 1);

      end.run();

      assertThat(run.get(10, TimeUnit.SECONDS))
          .isInstanceOf(UnavailableException.class)
          .hasMessage("subscription to Redis at " + proxy.url() + " ended: it was cut");
      assertThatThrownBy(() -> link.subscribe(List.of(channel("b"))))
          .isInstanceOf(UnavailableException.class);
      link.close();
    }
    await().until(() -> subscribers() == 0);
  }

  @Test
  void aCutLinkDoesNotReconnectAndDoesNotRunAgain() {
    link.interrupt();

    assertThatThrownBy(() -> link.run(log, List.of(channel("a"))))
        .isInstanceOf(UnavailableException.class);
    assertThatThrownBy(() -> link.run(log, List.of(channel("a"))))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("is not running");
    assertThat(subscribers()).isZero();
  }

  @Test
  void wantsAChannelToBeginWith() {
    assertThatThrownBy(() -> link.run(log, List.of()))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageStartingWith("first channels was 'none'");
    assertThatThrownBy(() -> link.subscribe(List.of(channel("a"))))
        .isInstanceOf(UnavailableException.class);
  }

  @Test
  void aKilledServerEndsIt() throws Exception {
    CompletableFuture<Throwable> run = run(log, "a");
    awaitLines("+a");

    server.kill();

    assertThat(run.get(60, TimeUnit.SECONDS))
        .isInstanceOf(UnavailableException.class)
        .hasMessageStartingWith("subscription to Redis at " + proxy.url() + " ended: ");
    assertThatThrownBy(redis::openSubscriber).isInstanceOf(UnavailableException.class);
  }

  @Test
  void whatAHandlerThrowsEndsItAsItIs() throws Exception {
    List<Throwable> thrown =
        List.of(
            new IllegalStateException("boom"),
            new AssertionError("boom"),
            new redis.clients.jedis.exceptions.JedisConnectionException("the handler's own"));
    for (Throwable error : thrown) {
      link = redis.openSubscriber();
      CompletableFuture<Throwable> run =
          run(
              new Log() {
                @Override
                public void onMessage(byte[] channel, byte[] payload) {
                  if (error instanceof Error e) {
                    throw e;
                  }
                  throw (RuntimeException) error;
                }
              },
              "a");
      await().until(() -> subscribers() == 1);
      publish("a", "x");

      assertThat(run.get(60, TimeUnit.SECONDS)).isSameAs(error);
      await().until(() -> subscribers() == 0);
      link.close();
    }
  }

  @Test
  void aChannelThatTheUserMayNotReadIsAccessDenied() throws Exception {
    server.execute("ACL", "SETUSER", "reader", "on", ">x", "~*", "+@all", "resetchannels", "&ok*");
    try (RedisConnection reader =
        RedisConnection.builder().url(server.url()).credentials("reader", "x").build()) {
      link.close();
      link = reader.openSubscriber();

      assertThatThrownBy(() -> link.run(log, List.of(RedisKey.of("secret"))))
          .isInstanceOfSatisfying(
              ServerErrorException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.ACCESS_DENIED));
    }
  }

  @Test
  void manyThreadsAddAndRemoveChannelsWhileMessagesFlow() throws Exception {
    long seed = new Random().nextLong();
    Set<String> confirmed = new TreeSet<>();
    List<String> heard = new CopyOnWriteArrayList<>();
    CompletableFuture<Throwable> run =
        run(
            new SubscriberEvents() {
              @Override
              public void onMessage(byte[] channel, byte[] payload) {
                heard.add(Log.text(channel).substring(base.length() + 1));
              }

              @Override
              public void onSubscribed(byte[] channel) {
                synchronized (confirmed) {
                  confirmed.add(Log.text(channel).substring(base.length() + 1));
                }
              }

              @Override
              public void onUnsubscribed(byte[] channel) {
                synchronized (confirmed) {
                  confirmed.remove(Log.text(channel).substring(base.length() + 1));
                }
              }
            },
            "keep");
    await()
        .until(
            () -> {
              synchronized (confirmed) {
                return confirmed.contains("keep");
              }
            });
    int threads = 8;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    List<Future<Set<String>>> work = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      int thread = t;
      Random random = new Random(seed + t);
      work.add(
          pool.submit(
              () -> {
                Set<String> mine = new TreeSet<>();
                for (int i = 0; i < 400; i++) {
                  List<RedisKey> some = new ArrayList<>();
                  boolean add = random.nextBoolean();
                  for (int n = 0; n < 1 + random.nextInt(30); n++) {
                    String name = thread + "-" + random.nextInt(50) + "x".repeat(random.nextInt(2));
                    some.add(channel(name));
                    if (add) {
                      mine.add(name);
                    } else {
                      mine.remove(name);
                    }
                  }
                  if (add) {
                    link.subscribe(some);
                  } else {
                    link.unsubscribe(some);
                  }
                }
                return mine;
              }));
    }
    Set<String> expected = new TreeSet<>(Set.of("keep"));
    for (Future<Set<String>> one : work) {
      expected.addAll(one.get(30, TimeUnit.SECONDS));
    }
    pool.shutdown();

    await()
        .untilAsserted(
            () -> {
              synchronized (confirmed) {
                assertThat(confirmed).as("seed %d", seed).isEqualTo(expected);
              }
            });
    assertThat(run).isNotDone();
    expected.forEach(name -> publish(name, "x"));
    await().untilAsserted(() -> assertThat(heard).hasSize(expected.size()));
    assertThat(heard).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void writersThatMeetAnInterruptGetAnErrorAndNothingHangs() throws Exception {
    for (int round = 0; round < 30; round++) {
      SubscriberLink own = redis.openSubscriber();
      CompletableFuture<Void> begun = new CompletableFuture<>();
      CompletableFuture<Throwable> run =
          CompletableFuture.supplyAsync(
              () ->
                  catchThrowable(
                      () ->
                          own.run(
                              new Log() {
                                @Override
                                public void onSubscribed(byte[] channel) {
                                  begun.complete(null);
                                }
                              },
                              List.of(channel("a")))));
      begun.get(60, TimeUnit.SECONDS);
      CompletableFuture<Throwable> writer =
          CompletableFuture.supplyAsync(
              () ->
                  catchThrowable(
                      () -> {
                        for (int i = 0; ; i++) {
                          own.subscribe(List.of(channel("w" + i % 100)));
                        }
                      }));

      own.interrupt();

      assertThat(writer.get(60, TimeUnit.SECONDS)).isInstanceOf(UnavailableException.class);
      assertThat(run.get(60, TimeUnit.SECONDS)).isInstanceOf(UnavailableException.class);
      own.close();
    }
    await().until(() -> proxy.connections() <= 2);
  }
}
