package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.redis.command.Script;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The only worker of a group makes it again after a loss and is cut off before it has given
 * everything back; the next one knows nothing of the group and begins with what is new.
 */
@RedisTest
class HalfRestoredGroupIT {
  private static final Duration LEASE = Duration.ofMillis(500);

  /** What a worker gives back by. */
  private static final List<Script> GIVING =
      List.of("establish", "regain", "orphan", "mark").stream()
          .map(name -> ModuleScripts.of("group/" + name + ".lua"))
          .toList();

  private final RedisServer server;
  private final String tenant;

  HalfRestoredGroupIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = tenant;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nothingIsLost(boolean lostAgain, FaultProxy proxy) throws Exception {
    int scripts = 0;
    boolean cut = true;
    while (cut) {
      scripts++;
      cut = isCut(proxy, scripts, lostAgain);
      proxy.heal();
    }
    assertThat(scripts).isGreaterThan(4);
  }

  /** Cuts the worker off with this script of those by which it gives back; false if it is done. */
  private boolean isCut(FaultProxy proxy, int script, boolean lostAgain) throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    Map<String, Boolean> handled = new ConcurrentHashMap<>();
    AtomicBoolean cut = new AtomicBoolean();
    AtomicInteger seen = new AtomicInteger();
    try (Fixture fixture = new Fixture(server.url(), tenant + "-" + lostAgain + "-" + script)) {
      fixture.createGroup();
      List<MessageId> sent = new ArrayList<>(fixture.send(2));
      fixture.readAs("dead", 2);
      StreamWorker one =
          fixture.start(
              fixture
                  .worker(fixture.connection(proxy.url()))
                  .lease(LEASE)
                  .concurrency(2)
                  .startFrom(StartPosition.NOW)
                  .handler((message, delivery) -> gate.await()));
      sent.addAll(fixture.send(4));
      await().atMost(SOON).until(() -> one.stats().inFlight() >= 4);
      proxy.executeButDropReply(
          line -> {
            boolean last = isGiving(line) && seen.incrementAndGet() == script;
            if (last) {
              cut.set(true);
              proxy.blackHole();
            }
            return last;
          });
      fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
      await().atMost(SOON).ignoreExceptions().until(() -> cut.get() || isMarked(fixture));
      one.closeNow();
      gate.countDown();
      boolean marked = isMarked(fixture);
      if (lostAgain && !marked) {
        fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
      }
      fixture.start(
          (message, delivery) -> handled.put(delivery.id().value(), delivery.isRedelivery()),
          options -> options.lease(LEASE).startFrom(StartPosition.NOW));
      Set<String> ids = sent.stream().map(MessageId::value).collect(Collectors.toSet());
      await()
          .atMost(SOON)
          .untilAsserted(
              () -> assertThat(handled.keySet()).as("cut at %d", script).containsAll(ids));
      assertThat(handled).doesNotContainValue(false);
      await().atMost(SOON).until(() -> fixture.pending() == 0);
      assertThat(isMarked(fixture)).isTrue();
      return cut.get();
    }
  }

  private static boolean isGiving(String line) {
    return GIVING.stream()
        .anyMatch(
            script ->
                line.startsWith("EVALSHA " + script.sha1())
                    || line.startsWith("EVAL " + new String(script.source(), ISO_8859_1)));
  }

  private static boolean isMarked(Fixture fixture) {
    return fixture.consumers().stream().anyMatch(n -> n.startsWith(ConsumerName.MARK_PREFIX));
  }
}
