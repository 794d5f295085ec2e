package dev.tandem.streams;

import static dev.tandem.streams.Fixture.SOON;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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

  private final Accounts accounts = new Accounts();

  static Stream<String> scripts() {
    return GroupScriptsByName.all().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void nothingIsLostOrDoneTwice(
      String script, RedisServer server, FaultProxy proxy, @UniqueTenant String tenant)
      throws Exception {
    AtomicInteger lost = new AtomicInteger();
    Script called = GroupScriptsByName.all().get(script);
    String byDigest = "EVALSHA " + called.sha1() + " ";
    String byText = "EVAL " + new String(called.source(), ISO_8859_1) + " ";
    try (Fixture fixture = new Fixture(server.url(), tenant)) {
      fixture.createGroup();
      List<MessageId> sent = new ArrayList<>(fixture.send(EACH));
      fixture.readAs("dead", EACH / 4);
      for (int i = 0; i < TIMES; i++) {
        proxy.executeButDropReply(
            line ->
                (line.startsWith(byDigest) || line.startsWith(byText))
                    && lost.incrementAndGet() > 0);
        // Only after a reply to a read was lost is there anything to take back.
        proxy.executeButDropReply(line -> line.startsWith("XREADGROUP"));
      }
      StreamWorker first = worker(fixture, proxy);
      await().atMost(SOON).until(() -> accounts.handled() >= EACH / 2);
      sent.addAll(fixture.send(EACH));
      first.close();
      sent.addAll(fixture.send(EACH));
      StreamWorker second = worker(fixture, proxy);

      accounts.awaitAll(fixture, sent);
      second.close();
      assertThat(lost).as("replies lost of " + script).hasValueGreaterThanOrEqualTo(1);
    }
  }

  private StreamWorker worker(Fixture fixture, FaultProxy proxy) throws InterruptedException {
    return fixture.start(
        fixture
            .worker(fixture.connection(proxy.url()))
            .concurrency(4)
            .lease(LEASE)
            .retry(RetryPolicy.fixed(Duration.ofMillis(30)).maxDeliveries(4))
            .handler(
                (message, delivery) -> {
                  accounts.begins(delivery);
                  int number = Integer.parseInt(message.payload().substring(1));
                  if (number % 10 == 3 || (number % 5 == 2 && !delivery.isRedelivery())) {
                    throw new IllegalStateException("is to fail");
                  }
                  TimeUnit.MILLISECONDS.sleep(number % 20 == 7 ? LEASE.toMillis() * 3 / 2 : 5);
                  accounts.handled(delivery);
                }));
  }
}
