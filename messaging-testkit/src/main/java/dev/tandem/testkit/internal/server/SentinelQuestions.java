package dev.tandem.testkit.internal.server;

import dev.tandem.testkit.internal.resp.Endpoint;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a Sentinel is asked, and waiting for its answers. */
public final class SentinelQuestions {

  private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(10);

  private SentinelQuestions() {}

  /** Waits until the Sentinel knows so many replicas that follow the primary. */
  public static void awaitReplicas(Endpoint sentinel, String name, int count, Duration timeout) {
    if (!Waiting.until(timeout, () -> following(sentinel, name) >= count)) {
      throw new IllegalStateException(
          "the Sentinel "
              + sentinel
              + " knows "
              + following(sentinel, name)
              + " replicas of "
              + name
              + " after "
              + timeout
              + ", not "
              + count);
    }
  }

  private static long following(Endpoint sentinel, String name) {
    return list(ask(sentinel, "REPLICAS", name)).stream()
        .map(SentinelQuestions::list)
        .filter(replica -> "slave".equals(field(replica, "flags")))
        .filter(replica -> "ok".equals(field(replica, "master-link-status")))
        .count();
  }

  private static @Nullable Object field(List<?> pairs, String name) {
    int at = pairs.indexOf(name);
    return at < 0 ? null : pairs.get(at + 1);
  }

  /** Waits until the Sentinel names this server as the primary. */
  public static void awaitPrimary(
      Endpoint sentinel, String name, Endpoint primary, Duration timeout) {
    List<String> wanted = List.of(primary.host(), Integer.toString(primary.port()));
    if (!Waiting.until(timeout, () -> wanted.equals(primaryOf(sentinel, name)))) {
      throw new IllegalStateException(
          "the Sentinel "
              + sentinel
              + " names "
              + primaryOf(sentinel, name)
              + " as the primary of "
              + name
              + " after "
              + timeout
              + ", not "
              + primary);
    }
  }

  private static @Nullable Object primaryOf(Endpoint sentinel, String name) {
    return ask(sentinel, "GET-MASTER-ADDR-BY-NAME", name);
  }

  private static @Nullable Object ask(Endpoint sentinel, String question, String name) {
    return Probe.execute(sentinel, COMMAND_TIMEOUT, "SENTINEL", question, name);
  }

  private static List<?> list(@Nullable Object reply) {
    return (List<?>) Objects.requireNonNull(reply);
  }
}
