package dev.tandem.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.redis.RedisConnection;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.h2.jdbcx.JdbcConnectionPool;
import org.jspecify.annotations.Nullable;

/** A relay in a JVM of its own, which stops for ever at a step, so that it can be killed there. */
final class RelayChild implements AutoCloseable {
  private final Process process;
  private final CountDownLatch atStep = new CountDownLatch(1);

  private RelayChild(Process process) {
    this.process = process;
    Thread reader = new Thread(this::read, "child-reports");
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Starts one.
   *
   * @param step where it stops, the first time that it comes there; null if nowhere
   */
  static RelayChild start(String redisUrl, String databaseUrl, StepSource.@Nullable Step step)
      throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command =
        List.of(
            java,
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            RelayChild.class.getName(),
            redisUrl,
            databaseUrl,
            step == null ? "" : step.name());
    return new RelayChild(new ProcessBuilder(command).redirectError(Redirect.DISCARD).start());
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.equals("at step")) {
          atStep.countDown();
        }
      }
    } catch (IOException e) {
      // It was killed.
    }
  }

  boolean awaitStep() throws InterruptedException {
    return atStep.await(OutboxStage.PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  /** Kills it (SIGKILL). */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  public static void main(String[] args) throws InterruptedException {
    JdbcConnectionPool pool = Databases.pool(args[1]);
    CountDownLatch never = new CountDownLatch(1);
    try (RedisConnection redis = RedisConnection.connect(args[0])) {
      OutboxRelay relay =
          OutboxStage.builder(
                  redis,
                  args[2].isEmpty()
                      ? pool
                      : new StepSource(
                          pool, StepSource.Step.valueOf(args[2]), 1, () -> stay(never)))
              .batchSize(50)
              .build();
      relay.start();
      never.await();
    }
  }

  private static void stay(CountDownLatch never) {
    System.out.println("at step");
    try {
      never.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
