package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Message;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Trimming beside everything else: what some group has not acknowledged is there. */
@RedisTest
class TrimSafetyIT {
  private static final List<String> GROUPS = List.of("a", "b");

  private final Fixture fixture;
  private final RedisConnection redis;
  private final long seed = Long.getLong("tandem.trim.seed", new Random().nextLong());
  private final Set<String> published = ConcurrentHashMap.newKeySet();
  private final AtomicLong removed = new AtomicLong();
  private volatile boolean publishing = true;
  private volatile boolean reading = true;

  TrimSafetyIT(RedisServer server, @UniqueTenant String tenant) {
    fixture = new Fixture(server.url(), tenant);
    redis = fixture.redis;
    System.out.println("seed " + seed);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  /** What one consumer of a group does with what it reads. */
  private final class Consumer implements Runnable {
    private final String group;
    private final String name;
    private final Set<String> delivered;
    private final Queue<String> parked;
    private final Random random;

    Consumer(String group, int number, Set<String> delivered, Queue<String> parked) {
      this.group = group;
      this.name = "c" + number;
      this.delivered = delivered;
      this.parked = parked;
      this.random = new Random(seed + number);
    }

    @Override
    public void run() {
      List<String> held = new ArrayList<>();
      while (true) {
        boolean last = !publishing;
        int got = read(held);
        while (!held.isEmpty() && (last || random.nextInt(4) > 0)) {
          String id = held.remove(random.nextInt(held.size()));
          if (random.nextInt(4) > 0) {
            redis("XACK", fixture.stream(), group, id);
          } else {
            redis("XCLAIM", fixture.stream(), group, "tandem-parked", "0", id, "JUSTID");
            parked.add(id);
          }
        }
        if (random.nextInt(3) == 0 || last) {
          retryParked();
        }
        if (last && got == 0 && held.isEmpty() && parked.isEmpty()) {
          return;
        }
      }
    }

    private int read(List<String> held) {
      int got = 0;
      String count = Integer.toString(1 + random.nextInt(20));
      Object reply =
          redis(
              "XREADGROUP", "GROUP", group, name, "COUNT", count, "STREAMS", fixture.stream(), ">");
      for (Replies.Pair pair : Replies.pairs(reply)) {
        for (Object entry : Replies.list(pair.value())) {
          held.add(Replies.text(Replies.list(entry).get(0)));
          delivered.add(held.get(held.size() - 1));
          got++;
        }
      }
      return got;
    }

    private void retryParked() {
      String id = parked.poll();
      if (id != null) {
        List<@Nullable Object> claimed =
            Replies.list(redis("XCLAIM", fixture.stream(), group, name, "0", id));
        assertThat(claimed).as("seed %d: %s of group %s", seed, id, group).hasSize(1);
        assertThat(claimed.get(0)).as("seed %d: %s of group %s", seed, id, group).isNotNull();
        redis("XACK", fixture.stream(), group, id);
      }
    }
  }

  private @Nullable Object redis(String... words) {
    Command command = Command.of(words[0]);
    for (int i = 1; i < words.length; i++) {
      command.arg(words[i]);
    }
    return redis.commands().execute(command);
  }

  private void publish() {
    long until = System.nanoTime() + Duration.ofSeconds(4).toNanos();
    while (System.nanoTime() < until) {
      published.add(
          fixture
              .producer
              .sendAndWait(fixture.tenant, fixture.topic, Message.of("t", "p"))
              .value());
    }
  }

  private void trim(StreamAdmin admin) {
    Trimming policy = Trimming.acknowledged().mostPinned(50).abandonedAfter(Duration.ofSeconds(30));
    while (reading) {
      TrimReport report = admin.trim(fixture.tenant, "orders", policy);
      removed.addAndGet(report.removed());
      assertThat(report.losses()).as("seed %d", seed).isEmpty();
    }
  }

  @Test
  void nothingDisappearsThatSomeGroupHasNotAcknowledged() throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    List<Future<?>> publishers = new ArrayList<>();
    List<Future<?>> consumers = new ArrayList<>();
    List<Future<?>> trimmers = new ArrayList<>();
    List<Set<String>> delivered = new ArrayList<>();
    try {
      for (String group : GROUPS) {
        redis("XGROUP", "CREATE", fixture.stream(), group, "0", "MKSTREAM");
        Set<String> seen = ConcurrentHashMap.newKeySet();
        delivered.add(seen);
        Queue<String> parked = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < 2; i++) {
          int number = consumers.size();
          consumers.add(threads.submit(new Consumer(group, number, seen, parked)));
        }
      }
      for (int i = 0; i < 2; i++) {
        publishers.add(threads.submit(this::publish));
        trimmers.add(threads.submit(() -> trim(StreamAdmin.of(redis))));
      }
      await(publishers);
      publishing = false;
      await(consumers);
      reading = false;
      await(trimmers);
    } finally {
      publishing = false;
      reading = false;
      threads.shutdownNow();
    }
    for (Set<String> seen : delivered) {
      assertThat(seen).as("seed %d", seed).isEqualTo(published);
    }
    removed.addAndGet(
        StreamAdmin.of(redis).trim(fixture.tenant, "orders", Trimming.acknowledged()).removed());
    assertThat(removed.get()).as("seed %d", seed).isEqualTo(published.size());
  }

  private static void await(List<Future<?>> tasks) throws Exception {
    for (Future<?> task : tasks) {
      task.get();
    }
  }
}
