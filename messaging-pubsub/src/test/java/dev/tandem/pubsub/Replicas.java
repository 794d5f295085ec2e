package dev.tandem.pubsub;

import static org.awaitility.Awaitility.await;

import dev.tandem.testkit.RedisServer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a replica has, and keeping it from having more, also in a Cluster and under Sentinel. */
final class Replicas {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Replicas() {}

  /** Waits until the replica has all that the primary has now. */
  static void awaitInSync(RedisServer primary, RedisServer replica) {
    long wanted = offset(primary, "master_repl_offset");
    await().atMost(PATIENCE).until(() -> offset(replica, "slave_repl_offset") >= wanted);
  }

  /**
   * Keeps the replica from getting anything more: its link is cut, and the primary refuses the
   * login with which it comes back. Its settings still name the primary, so nobody sets them right.
   */
  static void deafen(RedisServer primary, RedisServer replica) {
    replica.execute("CONFIG", "SET", "masterauth", "not-the-password");
    primary.execute("CLIENT", "KILL", "TYPE", "replica");
    await().atMost(PATIENCE).until(() -> "down".equals(replication(replica, "master_link_status")));
  }

  private static long offset(RedisServer server, String field) {
    String value = replication(server, field);
    return value == null ? -1 : Long.parseLong(value);
  }

  private static @Nullable String replication(RedisServer server, String field) {
    return String.valueOf(server.execute("INFO", "replication"))
        .lines()
        .filter(line -> line.startsWith(field + ":"))
        .map(line -> line.substring(field.length() + 1))
        .findFirst()
        .orElse(null);
  }
}
