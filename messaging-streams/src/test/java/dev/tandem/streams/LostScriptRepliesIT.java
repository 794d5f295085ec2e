package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.redis.command.Script;
import dev.tandem.streams.internal.group.GroupScriptsByName;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each script of a group is executed and its reply lost, twice, in the life of two workers that
 * read, renew, retry, give up, take over, and leave.
 */
@RedisTest
class LostScriptRepliesIT {
  private static final Duration LEASE = Duration.ofMillis(600);
  private static final int EACH = 40;
  private static final int TIMES = 2;

  private static final Set<String> OF_A_LOST_GROUP = Set.of("HOLD", "MARK", "ORPHAN", "REGAIN");
  private static final Set<String> OF_AN_ORDER = Set.of("AGAIN");
  private static final Set<String> OF_REPLAYS = Set.of("FINISH");

  private volatile boolean forgiving;
  private final Accounts accounts = new Accounts();

  /** Only of what a member remembers and the server has lost too: {@code GroupRestoreIT}. */
  private static final Set<String> ELSEWHERE = Set.of("REPORT", "SETTLE");

  static Stream<String> scripts() {
    return GroupScriptsByName.all().keySet().stream().filter(name -> !ELSEWHERE.contains(name));
  }

  /** The resources of these scripts. */
  static Stream<String> resources() {
    Map<String, Script> all = GroupScriptsByName.all();
    return scripts().map(name -> "group/" + Objects.requireNonNull(all.get(name)).name());
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void nothingIsLostOrDoneTwice(
      String script, RedisServer server, FaultProxy proxy, @UniqueTenant String tenant)
      throws Exception {
    AtomicInteger lost = new AtomicInteger();
    Script called = Objects.requireNonNull(GroupScriptsByName.all().get(script));
    String byDigest = "EVALSHA " + called.sha1() + " ";
    String byText = "EVAL " + new String(called.source(), ISO_8859_1) + " ";
    try (Fixture fixture = new Fixture(server.url(), tenant)) {
      fixture.createGroup();
      List<MessageId> sent = new ArrayList<>(send(fixture));
      fixture.readAs("dead", EACH / 4);
      for (int i = 0; i < TIMES; i++) {
        proxy.executeButDropReply(
            line ->
                (line.startsWith(byDigest) || line.startsWith(byText))
                    && lost.incrementAndGet() > 0);
        // Only after a reply to a read was lost is there anything to take back.
        proxy.executeButDropReply(line -> line.startsWith("XREADGROUP"));
      }
      StreamWorker first = worker(script, fixture, proxy);
      await().atMost(SOON).until(() -> accounts.handled() >= EACH / 2);
      if (OF_A_LOST_GROUP.contains(script)) {
        await().atMost(SOON).until(() -> first.stats().retried() > 0);
        loseGroup(fixture, first, sent);
        // Whether the worker looks at the group between the two reads is up to the clock.
        long giveUp = System.nanoTime() + SOON.toNanos();
        while (script.equals("ORPHAN") && lost.get() == 0 && System.nanoTime() < giveUp) {
          accounts.awaitNoneMissing(fixture, sent);
          loseGroup(fixture, first, sent);
        }
      }
      sent.addAll(send(fixture));
      if (OF_REPLAYS.contains(script)) {
        await().atMost(SOON).until(() -> !fixture.dead().isEmpty());
        forgiving = true;
        fixture.deadLetters.replayAll(fixture.tenant, fixture.topic.name(), GROUP);
      }
      if (OF_REPLAYS.contains(script)) {
        await().atMost(SOON).until(() -> lost.get() > 0);
      } else if (OF_A_LOST_GROUP.contains(script)) {
        accounts.awaitNoneMissing(fixture, sent); // only who knew the group can give back
      }
      first.close();
      sent.addAll(send(fixture));
      StreamWorker second = worker(script, fixture, proxy);

      if (OF_A_LOST_GROUP.contains(script) || OF_REPLAYS.contains(script)) {
        accounts.awaitNoneMissing(fixture, sent);
      } else {
        accounts.awaitAll(fixture, sent);
      }
      second.close();
      assertThat(lost).as("replies lost of " + script).hasValueGreaterThanOrEqualTo(1);
    }
  }

  // Another reads what the worker has not looked at, and then the worker reads on, so that nobody
  // knows what became of it.
  private void loseGroup(Fixture fixture, StreamWorker worker, List<MessageId> sent) {
    worker.pause();
    sent.addAll(send(fixture));
    fixture.readAs("gone", EACH);
    long handled = accounts.handled();
    worker.resume();
    sent.addAll(send(fixture));
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(2))
        .until(() -> accounts.handled() > handled);
    fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
  }

  private static List<MessageId> send(Fixture fixture) {
    List<MessageId> ids = new ArrayList<>();
    for (int i = 0; i < EACH; i++) {
      Message<String> message = Message.of("test", "m" + i).key("k" + i % 4);
      ids.add(fixture.producer.sendAndWait(fixture.tenant, fixture.topic, message));
    }
    return ids;
  }

  private StreamWorker worker(String script, Fixture fixture, FaultProxy proxy)
      throws InterruptedException {
    return fixture.start(
        fixture
            .worker(fixture.connection(proxy.url()))
            .concurrency(4)
            .lease(LEASE)
            .ordering(OF_AN_ORDER.contains(script) ? Ordering.BY_KEY : Ordering.NONE)
            .retry(RetryPolicy.fixed(Duration.ofMillis(30)).maxDeliveries(4))
            .handler(
                (message, delivery) -> {
                  accounts.begins(delivery);
                  int number = Integer.parseInt(message.payload().substring(1));
                  if ((number % 10 == 3 && !forgiving)
                      || (number % 5 == 2 && !delivery.isRedelivery())) {
                    throw new IllegalStateException("is to fail");
                  }
                  TimeUnit.MILLISECONDS.sleep(number % 20 == 7 ? LEASE.toMillis() * 3 / 2 : 5);
                  accounts.handled(delivery);
                }));
  }
}
