package dev.tandem.streams;

import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

@RedisTest
class WorkerCrashIT {
  @Test
  void whatAKilledProcessHeldIsTakenOver(RedisServer server, @UniqueTenant String tenant)
      throws Exception {
    Duration lease = Duration.ofSeconds(1);
    try (Fixture fixture = new Fixture(server.url(), tenant)) {
      List<MessageId> ids = fixture.send(4);
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  CrashingWorker.class.getName(),
                  server.url(),
                  tenant,
                  Long.toString(lease.toMillis()))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        try (BufferedReader out = process.inputReader()) {
          assertThat(out.readLine()).startsWith("holds ");
          assertThat(out.readLine()).startsWith("holds ");
        }
        await().atMost(SOON).until(() -> fixture.pending() == 4);
      } finally {
        process.destroyForcibly();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
      }
      Map<String, Long> seen = new ConcurrentHashMap<>();
      StreamWorker survivor =
          fixture.start(
              (message, delivery) -> seen.put(delivery.id().value(), delivery.deliveries()),
              options -> options.lease(lease));
      await().atMost(SOON).until(() -> survivor.stats().acknowledged() == 4);
      assertThat(seen.keySet()).hasSameElementsAs(ids.stream().map(MessageId::value).toList());
      assertThat(seen.values()).containsOnly(2L);
      assertThat(survivor.stats().takenOver()).isEqualTo(4);
      assertThat(fixture.pending()).isZero();
    }
  }
}
