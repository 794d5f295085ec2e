package dev.tandem.testkit.internal.server;

import dev.tandem.testkit.internal.resp.Endpoint;
import java.time.Duration;

/** The replication commands, and waiting for what they start. */
public final class Replication {

  private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(10);

  /** A master that is never there: nothing listens on port 1 of loopback. */
  public static final Endpoint NOWHERE = Endpoint.of("127.0.0.1", 1);

  private Replication() {}

  /**
   * Waits until the replica has what the master has now. After a full synchronisation a replica
   * rewrites its append-only file and writes nothing else to disk until that is done, so this is
   * waited for as well.
   */
  public static void awaitInSync(Endpoint replica, Endpoint master, Duration timeout) {
    long wanted = offset(master, "master_repl_offset");
    boolean inSync =
        Waiting.until(
            timeout,
            () ->
                replication(replica, "master_link_status").equals("up")
                    && offset(replica, "slave_repl_offset") >= wanted
                    && !rewrites(replica));
    if (!inSync) {
      throw new IllegalStateException(
          "the replica "
              + replica
              + " was not in sync with "
              + master
              + " within "
              + timeout
              + ": role "
              + replication(replica, "role")
              + ", master_link_status "
              + replication(replica, "master_link_status")
              + ", offset "
              + replication(replica, "slave_repl_offset")
              + " of "
              + wanted);
    }
  }

  /** Makes the replica a master and waits until it is one. */
  public static void promote(Endpoint replica, Duration timeout) {
    Probe.execute(replica, COMMAND_TIMEOUT, "REPLICAOF", "NO", "ONE");
    if (!Waiting.until(timeout, () -> replication(replica, "role").equals("master"))) {
      throw new IllegalStateException("the replica " + replica + " is no master after " + timeout);
    }
  }

  /** Makes the server a replica of the master. */
  public static void follow(Endpoint replica, Endpoint master) {
    Probe.execute(
        replica, COMMAND_TIMEOUT, "REPLICAOF", master.host(), Integer.toString(master.port()));
  }

  private static boolean rewrites(Endpoint server) {
    String running = Probe.info(server, COMMAND_TIMEOUT, "persistence", "aof_rewrite_in_progress");
    String planned = Probe.info(server, COMMAND_TIMEOUT, "persistence", "aof_rewrite_scheduled");
    return running.equals("1") || planned.equals("1");
  }

  private static long offset(Endpoint server, String field) {
    String value = replication(server, field);
    return value.isEmpty() ? -1 : Long.parseLong(value);
  }

  private static String replication(Endpoint server, String field) {
    return Probe.info(server, COMMAND_TIMEOUT, "replication", field);
  }
}
