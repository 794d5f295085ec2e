package dev.tandem.examples.quickstart;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.examples.Launched;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole program on a Redis that is the user's. */
@RedisTest
class QuickstartOnGivenRedisIT {

  @TempDir Path directory;

  @Test
  void leavesNothingBehindAndTouchesNothingElse(RedisServer redis, @UniqueTenant String tenant)
      throws Exception {
    String other = "tenant:" + tenant + ":stream:orders";
    redis.execute("XADD", other, "*", "a", "b");

    Launched run = Launched.run("quickstart", "--redis", redis.url(), "--input", events(tenant));

    assertThat(run.err()).isEmpty();
    assertThat(run.lastLine()).startsWith("published=200 handled=200 delivered=200 ");
    assertThat(run.count("failedOver")).isPositive();
    assertThat(run.count("recovered")).isPositive();
    assertThat(run.status()).isZero();
    assertThat(leftBehind(redis)).isEmpty();
    assertThat(redis.execute("XLEN", other)).isEqualTo(1L);
  }

  @Test
  void worksWithAPasswordAndADatabaseAndNeverShowsThePassword() throws Exception {
    try (RedisServer redis = RedisServer.builder().setting("requirepass", "s3cret").start()) {
      String url = "redis://:s3cret@" + redis.host() + ":" + redis.port() + "/3";
      try (Launched run = Launched.tandem("quickstart", "--redis", url, "--input", events("a"))) {
        run.type("");
        ProcessHandle child = awaitChild(run);
        String arguments = arguments(child);
        run.await();

        assertThat(run.lastLine()).startsWith("published=200 handled=200 delivered=200 ");
        assertThat(run.status()).isZero();
        assertThat(run.out()).noneMatch(line -> line.contains("s3cret"));
        assertThat(arguments).isNotEmpty().doesNotContain("s3cret");
        assertThat((String) redis.execute("INFO", "keyspace")).doesNotContain("db");
      }
    }
  }

  @Test
  void aRedisThatIsNotThereIsOneSentence() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }

    Launched run = Launched.run("quickstart", "--redis", "redis://:s3cret@127.0.0.1:" + port);

    assertThat(run.err()).hasSize(1);
    assertThat(run.err().get(0))
        .startsWith("tandem: cannot reach Redis at redis://127.0.0.1:" + port)
        .doesNotContain("s3cret");
    assertThat(run.out()).isEmpty();
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void aRedisThatDoesNotAnswerIsOneSentenceWithinSeconds(FaultProxy proxy) throws Exception {
    proxy.blackHole();
    long begin = System.nanoTime();

    Launched run = Launched.run("quickstart", "--redis", proxy.url());

    assertThat(run.err()).hasSize(1).first().asString().contains("Redis at");
    assertThat(run.status()).isEqualTo(2);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(45));
  }

  @Test
  void anAddressThatIsNoneIsOneSentence() throws Exception {
    Launched run = Launched.run("quickstart", "--redis", "localhost:6379");

    assertThat(run.err()).hasSize(1).first().asString().startsWith("tandem: Redis URL was ");
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void tidiesUpWhenItIsToldToEnd(RedisServer redis, @UniqueTenant String tenant) throws Exception {
    try (Launched run =
        Launched.tandem("quickstart", "--redis", redis.url(), "--input", events(tenant))) {
      run.type("");
      await().atMost(60, SECONDS).until(() -> !leftBehind(redis).isEmpty());
      ProcessHandle child = awaitChild(run);

      run.handle().destroy();
      run.await();

      assertThat(run.err()).isEmpty();
      assertThat(run.status()).isEqualTo(128 + 15);
      assertThat(leftBehind(redis)).isEmpty();
      await().atMost(60, SECONDS).until(() -> !child.isAlive());
    }
  }

  @Test
  void aWorkerThatDiesByItselfIsOneSentence(RedisServer redis, @UniqueTenant String tenant)
      throws Exception {
    try (Launched run =
        Launched.tandem("quickstart", "--redis", redis.url(), "--input", events(tenant))) {
      run.type("");
      awaitChild(run).destroyForcibly();
      run.await();

      assertThat(run.err()).containsExactly("tandem: worker B ended by itself");
      assertThat(run.status()).isEqualTo(1);
      assertThat(leftBehind(redis)).isEmpty();
    }
  }

  private static ProcessHandle awaitChild(Launched run) {
    await().atMost(60, SECONDS).until(() -> child(run).isPresent());
    return child(run).orElseThrow();
  }

  private static Optional<ProcessHandle> child(Launched run) {
    return run.handle()
        .children()
        .filter(child -> arguments(child).contains(WorkerMain.class.getName()))
        .findAny();
  }

  private static String arguments(ProcessHandle process) {
    return String.join(" ", process.info().arguments().orElse(new String[0]));
  }

  /** Keys of any run of the quickstart. */
  private static List<?> leftBehind(RedisServer redis) {
    return (List<?>) Objects.requireNonNull(redis.execute("KEYS", "*quickstart-*"));
  }

  private String events(String tenant) throws Exception {
    String lines =
        IntStream.range(0, 200)
            .mapToObj(i -> "{\"net\":\"" + tenant + i % 2 + "\",\"i\":" + i + "}")
            .collect(Collectors.joining("\n"));
    return Files.writeString(directory.resolve("input.ndjson"), lines).toString();
  }
}
