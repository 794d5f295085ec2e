package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Where a new group begins. */
@RedisTest
class StartPositionIT {
  private final Fixture fixture;
  private final Queue<String> seen = new ConcurrentLinkedQueue<>();

  StartPositionIT(RedisServer server, @UniqueTenant String tenant) {
    fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private void startFrom(StartPosition position) throws InterruptedException {
    fixture.start(
        (message, delivery) -> seen.add(message.payload()),
        options -> options.startFrom(position).concurrency(1));
  }

  private void sees(String... payloads) {
    await().atMost(SOON).untilAsserted(() -> assertThat(seen).containsExactly(payloads));
  }

  @Test
  void afterAMessageComesTheNextOne() throws Exception {
    List<MessageId> ids = fixture.send(4);
    startFrom(StartPosition.after(ids.get(1)));
    sees("m2", "m3");
  }

  @Test
  void atATimeComesTheFirstMessageOfItsMillisecond() throws Exception {
    fixture.run("XADD", fixture.stream(), "1000-5", "data", "before");
    fixture.run("XADD", fixture.stream(), "1001-0", "data", "at");
    fixture.run("XADD", fixture.stream(), "1001-1", "data", "at too");
    fixture.run("XADD", fixture.stream(), "1002-0", "data", "after");
    startFrom(StartPosition.at(Instant.ofEpochMilli(1001)));
    sees("at", "at too", "after");
  }

  @Test
  void aTimeAheadHoldsForAStreamThatDoesNotExistYet() throws Exception {
    startFrom(StartPosition.at(Instant.ofEpochMilli(1001)));
    fixture.run("XADD", fixture.stream(), "1000-5", "data", "before");
    fixture.run("XADD", fixture.stream(), "1001-0", "data", "at");
    sees("at");
  }

  @Test
  void aTimeAheadHoldsForAStreamThatHasNotComeThere() throws Exception {
    fixture.run("XADD", fixture.stream(), "1000-5", "data", "before");
    startFrom(StartPosition.at(Instant.ofEpochMilli(2000)));
    fixture.run("XADD", fixture.stream(), "1001-0", "data", "before too");
    fixture.run("XADD", fixture.stream(), "2000-0", "data", "at");
    sees("at");
  }

  @Test
  void isWithoutEffectOnAGroupThatExists() throws Exception {
    List<MessageId> ids = fixture.send(3);
    fixture.run("XGROUP", "CREATE", fixture.stream(), GROUP, ids.get(1).value());
    startFrom(StartPosition.BEGINNING);
    sees("m2");
    await().during(Duration.ofMillis(300)).until(() -> seen.size() == 1);
  }
}
