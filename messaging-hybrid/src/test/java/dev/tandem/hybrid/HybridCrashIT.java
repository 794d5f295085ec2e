package dev.tandem.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The process of a publisher without a spool is killed: no half, nothing twice, no hole. */
@RedisTest(dedicated = true)
@Timeout(240)
class HybridCrashIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  private final Tenant tenant;
  private final BothSides sides;
  private final List<String> confirmed = new ArrayList<>();

  HybridCrashIT(RedisServer server, @UniqueTenant String tenant) {
    this.tenant = Tenant.of(tenant);
    this.sides = new BothSides(server, "tenant:" + tenant);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aKilledPublisherLeavesWholeMessagesOnceAndInOrder(boolean idempotent, FaultProxy proxy)
      throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    killed(proxy, "first-", idempotent, 1 + random.nextInt(50), () -> {});
    killed(proxy, "later-", idempotent, 500 + random.nextInt(3_000), () -> {});
    // Killed when the server has executed what it was never told of.
    killed(
        proxy,
        "unheard-",
        idempotent,
        200,
        () -> {
          long before = proxy.droppedReplies();
          proxy.executeButDropReply(command -> command.contains("EVAL"));
          await().atMost(SOON).until(() -> proxy.droppedReplies() > before);
        });

    List<String> payloads = sides.payloads("orders");
    assertThat(payloads).as("seed %s", seed).containsAll(confirmed);
    for (String prefix : List.of("first-", "later-", "unheard-")) {
      List<Integer> numbers =
          payloads.stream()
              .filter(each -> each.startsWith(prefix))
              .map(each -> Integer.parseInt(each.substring(prefix.length())))
              .toList();
      assertThat(numbers).as("seed %s", seed).isNotEmpty().doesNotHaveDuplicates().isSorted();
      if (idempotent) { // otherwise what was cut off and not confirmed may be missing
        assertThat(numbers.get(numbers.size() - 1))
            .as("seed %s", seed)
            .isEqualTo(numbers.size() - 1);
      }
    }
    assertThat(sides.versionsInStream("orders"))
        .as("seed %s", seed)
        .isEqualTo(sides.buffer("board"));
  }

  private void killed(
      FaultProxy proxy, String prefix, boolean idempotent, int messages, Runnable before)
      throws Exception {
    proxy.heal();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                PublishingMain.class.getName(),
                proxy.url(),
                tenant.name(),
                prefix,
                Boolean.toString(idempotent))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader out = process.inputReader()) {
      for (int i = 0; i < messages; i++) {
        confirmed.add(Objects.requireNonNull(out.readLine()).substring("sent ".length()));
      }
      before.run();
    } finally {
      process.destroyForcibly();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      proxy.heal();
    }
  }
}
