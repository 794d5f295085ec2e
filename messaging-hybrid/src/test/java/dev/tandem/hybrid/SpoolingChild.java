package dev.tandem.hybrid;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Message;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A JVM of its own that publishes numbers through a spool, and tells which of them are safe, so
 * that it can be killed at any moment.
 */
final class SpoolingChild implements AutoCloseable {
  static final StreamTopic<String> ORDERS = StreamTopic.of("orders", Serde.string());
  static final Channel<String> BOARD =
      Channel.of("board", Serde.string()).recoverable(Duration.ofHours(1), 1_000_000);
  static final FixedRoute<String> BOTH = Route.toStream(ORDERS).andChannel(BOARD);

  private static final int MOST_UNDER_WAY = 300;
  private static final int MOST_OTHERS = 100;

  private final Process process;
  private final Thread reader;
  private final AtomicLong attempted = new AtomicLong(-1);
  private final Set<Long> safe = ConcurrentHashMap.newKeySet();
  private final List<String> others = new CopyOnWriteArrayList<>();

  private SpoolingChild(Process process) {
    this.process = process;
    this.reader = new Thread(this::read, "child-reports");
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Starts one.
   *
   * @param limit a shell command to run before, such as {@code ulimit -f 100}
   * @param from the first number; none is published if it is negative
   */
  static SpoolingChild start(String limit, String url, Tenant tenant, Path directory, long from)
      throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command =
        List.of(
            "sh",
            "-c",
            limit + "; exec \"$@\"",
            "sh",
            java,
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            SpoolingChild.class.getName(),
            url,
            tenant.name(),
            directory.toString(),
            Long.toString(from));
    Process process = new ProcessBuilder(command).redirectError(Redirect.DISCARD).start();
    return new SpoolingChild(process);
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("try ")) {
          attempted.set(Long.parseLong(line.substring("try ".length())));
        } else if (line.startsWith("safe ")) {
          safe.add(Long.parseLong(line.substring("safe ".length())));
        } else if (others.size() < MOST_OTHERS) {
          others.add(line);
        }
      }
    } catch (IOException e) {
      others.add("the pipe broke: " + e);
    }
  }

  /** The highest number that it may have published. */
  long attempted() {
    return attempted.get();
  }

  /** The numbers that it was told are in Redis or on the disk. */
  Set<Long> safe() {
    return safe;
  }

  /** What else it said. */
  List<String> others() {
    return others;
  }

  /** Kills it (SIGKILL) and reads what it said last. */
  void kill() throws InterruptedException {
    process.toHandle().destroyForcibly(); // the process itself would close the pipe, unread
    process.waitFor();
    reader.join();
  }

  boolean ends(Duration within) throws InterruptedException {
    return process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  public static void main(String[] args) throws InterruptedException {
    Tenant tenant = Tenant.of(args[1]);
    long from = Long.parseLong(args[3]);
    Semaphore underWay = new Semaphore(MOST_UNDER_WAY);
    try (RedisConnection redis =
            RedisConnection.builder()
                .url(args[0])
                .lazy()
                .connectTimeout(Duration.ofSeconds(2))
                .replyTimeout(Duration.ofSeconds(2))
                .retry(2, Duration.ofMillis(10))
                .circuitBreaker(10, Duration.ofMillis(100))
                .build();
        HybridPublisher hybrid =
            HybridPublisher.builder(redis)
                .outage(OutagePolicy.spool(Spool.at(Path.of(args[2]))))
                .build()) {
      if (from < 0) {
        while (hybrid.stats().spool().messages() > 0) {
          Thread.onSpinWait();
        }
        System.out.println("empty " + hybrid.stats());
        return;
      }
      for (long i = from; ; i++) {
        long number = i;
        underWay.acquire();
        System.out.println("try " + number);
        var unused =
            hybrid
                .publishAsync(tenant, Message.of("t", Long.toString(number)), BOTH)
                .whenComplete(
                    (receipt, error) -> {
                      System.out.println(
                          error == null ? "safe " + number : "failed " + number + " " + error);
                      underWay.release();
                    });
      }
    } catch (MessagingException | UncheckedIOException e) {
      System.out.println("ended " + e);
    }
  }
}
