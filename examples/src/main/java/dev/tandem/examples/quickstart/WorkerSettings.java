package dev.tandem.examples.quickstart;

import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamHandler;
import dev.tandem.streams.StreamWorker;
import dev.tandem.tenant.Tenant;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What both workers have in common, and how the one in the other process learns of it: one value a
 * line. The address may hold a password, and so it is not passed as an argument, where others could
 * see it.
 *
 * @param redisUrl where Redis is
 * @param destination the topic and the group
 * @param concurrency how many messages it handles at a time
 * @param tenants whose streams to read
 */
record WorkerSettings(
    String redisUrl, Destination destination, int concurrency, List<Tenant> tenants) {
  /** How long a worker may be silent before others take over what it holds: 2 s. */
  static final Duration LEASE = Duration.ofSeconds(2);

  /** How long a worker may take until it reads: 20 s. */
  static final Duration LONGEST_START = Duration.ofSeconds(20);

  private static final int LEAST_CONCURRENCY = 4;
  private static final int MOST_CONCURRENCY = 32;
  private static final int EVENTS_PER_THREAD = 64;

  /** Settings for an input: the more events, the more at a time. */
  static WorkerSettings of(String redisUrl, Destination destination, Input input) {
    int wanted = input.events().size() / EVENTS_PER_THREAD;
    int concurrency = Math.max(LEAST_CONCURRENCY, Math.min(MOST_CONCURRENCY, wanted));
    return new WorkerSettings(redisUrl, destination, concurrency, input.tenants());
  }

  /** A worker with these settings, not started yet. */
  StreamWorker worker(RedisConnection redis, StreamHandler<String> handler) {
    return StreamWorker.builder(redis, destination.topic())
        .tenants(tenants)
        .group(destination.group())
        .lease(LEASE)
        .concurrency(concurrency)
        .handler(handler)
        .build();
  }

  /**
   * Starts a worker, and returns when it reads the streams.
   *
   * @throws QuickstartException if that takes too long
   */
  static void start(StreamWorker worker, String name) throws InterruptedException {
    worker.start();
    if (!worker.awaitState(LifecycleState.RUNNING, LONGEST_START)) {
      throw QuickstartException.failed(
          "worker " + name + " did not read within " + LONGEST_START.toSeconds() + " s", null);
    }
  }

  void writeTo(PrintStream out) {
    out.println(redisUrl);
    out.println(destination.name());
    out.println(concurrency);
    out.println(tenants.size());
    tenants.forEach(tenant -> out.println(tenant.name()));
    out.flush();
  }

  static WorkerSettings readFrom(BufferedReader in) throws IOException {
    String url = line(in);
    Destination destination = new Destination(line(in));
    int concurrency = Integer.parseInt(line(in));
    int count = Integer.parseInt(line(in));
    List<Tenant> tenants = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tenants.add(Tenant.of(line(in)));
    }
    return new WorkerSettings(url, destination, concurrency, List.copyOf(tenants));
  }

  private static String line(BufferedReader in) throws IOException {
    String line = in.readLine();
    if (line == null) {
      throw new EOFException("the settings break off");
    }
    return line;
  }

  /** Without the address, which may hold a password. */
  @Override
  public String toString() {
    return "WorkerSettings[" + destination + ", " + tenants.size() + " tenants]";
  }
}
