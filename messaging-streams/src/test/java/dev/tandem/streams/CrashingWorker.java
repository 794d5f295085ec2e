package dev.tandem.streams;

import dev.tandem.tenant.Tenant;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/** Started in a JVM of its own, to be killed or frozen with its hands full. */
final class CrashingWorker {
  /** The line on its standard input at which its handlers return. */
  static final String RETURN = "return";

  private CrashingWorker() {}

  /**
   * Arguments: URL, tenants with commas, lease in ms, concurrency. Prints {@code holds <id>
   * <deliveries>} when a handler begins, and {@code returns <id> <deliveries>} when it returns.
   */
  public static void main(String[] arguments) throws Exception {
    CountDownLatch order = new CountDownLatch(1);
    List<Tenant> tenants = Stream.of(arguments[1].split(",")).map(Tenant::of).toList();
    try (Fixture fixture = new Fixture(arguments[0], tenants.get(0).name())) {
      fixture.start(
          (message, delivery) -> {
            say("holds", delivery);
            order.await();
            say("returns", delivery);
          },
          options ->
              options
                  .tenants(tenants)
                  .concurrency(Integer.parseInt(arguments[3]))
                  .lease(Duration.ofMillis(Long.parseLong(arguments[2]))));
      awaitOrder();
      order.countDown();
      awaitOrder();
    }
  }

  private static void say(String what, Delivery<String> delivery) {
    System.out.println(what + " " + delivery.id() + " " + delivery.deliveries());
  }

  private static void awaitOrder() throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.equals(RETURN)) {
        return;
      }
    }
  }
}
