package dev.tandem.streams;

import java.util.concurrent.CountDownLatch;

/** Started in a JVM of its own, to be killed: takes messages and never finishes. */
final class CrashingWorker {
  private CrashingWorker() {}

  /** Arguments: URL, tenant, lease in ms. Prints {@code holds <id>} for each message it takes. */
  public static void main(String[] arguments) throws Exception {
    try (Fixture fixture = new Fixture(arguments[0], arguments[1])) {
      fixture.start(
          (message, delivery) -> {
            System.out.println("holds " + delivery.id());
            new CountDownLatch(1).await();
          },
          options ->
              options
                  .concurrency(2)
                  .lease(java.time.Duration.ofMillis(Long.parseLong(arguments[2]))));
      new CountDownLatch(1).await();
    }
  }
}
