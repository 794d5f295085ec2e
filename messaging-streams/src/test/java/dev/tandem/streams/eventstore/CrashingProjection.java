package dev.tandem.streams.eventstore;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** Started in a JVM of its own, to be killed: counts events, and hangs at the one called "hang". */
final class CrashingProjection {
  private CrashingProjection() {}

  /** Arguments: URL, tenant, lease in ms. Prints {@code hangs} when it does. */
  public static void main(String[] arguments) throws Exception {
    try (EventFixture fixture = new EventFixture(arguments[0], arguments[1]);
        Projection projection =
            Projection.builder(fixture.redis, fixture.category)
                .tenant(fixture.tenant)
                .name("totals")
                .lease(Duration.ofMillis(Long.parseLong(arguments[2])))
                .viewHandler(
                    (event, context) -> {
                      if (event.payload().equals("hang")) {
                        System.out.println("hangs");
                        new CountDownLatch(1).await();
                      }
                      return ViewUpdate.none().add("all", 1).add("killed", 1);
                    })
                .build()) {
      projection.start();
      new CountDownLatch(1).await();
    }
  }
}
