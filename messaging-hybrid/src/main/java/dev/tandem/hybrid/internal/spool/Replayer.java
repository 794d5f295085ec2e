package dev.tandem.hybrid.internal.spool;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.hybrid.internal.send.Outcomes;
import dev.tandem.hybrid.internal.wire.CallReply;
import dev.tandem.hybrid.internal.wire.CallTry;
import dev.tandem.hybrid.internal.wire.Destination;
import dev.tandem.hybrid.internal.wire.HybridScript;
import dev.tandem.hybrid.internal.wire.PublishCall;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.tenant.Tenant;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what waits in a spool: each tenant's records in order, several in one round trip, each
 * until Redis has it or refuses it for good. A tenant whose records are refused, or whose node of a
 * Cluster is away, holds up no other.
 *
 * <p>Thread safety: safe for use by many threads. One thread of its own does the work.
 */
public final class Replayer {
  private static final Logger LOG = LoggerFactory.getLogger(Replayer.class);

  private static final int MOST_TENANTS = 64;
  private static final int MOST_OF_EACH = 16;
  private static final long MOST_BYTES = 4L << 20;

  /** After so many refusals in a row, some hundred milliseconds apart, a record is set aside. */
  private static final int MOST_REFUSALS = 5;

  private static final long SHRINK_PAUSE = TimeUnit.MINUTES.toNanos(1);

  private final RedisConnection redis;
  private final HybridScript script;
  private final Duration life;
  private final SpoolStore store;
  private final SpoolReports reports;
  private final Outcomes outcomes;
  private final Pauses pauses;
  private final Thread thread;
  private long shrinkDue = System.nanoTime();

  private record Try(SpoolRecord record, CallTry attempt) {}

  /**
   * Starts the thread.
   *
   * @param life how long the server remembers calls
   * @param random for the jitter of pauses
   */
  public Replayer(
      RedisConnection redis,
      HybridScript script,
      Duration life,
      SpoolStore store,
      SpoolReports reports,
      Outcomes outcomes,
      RandomGenerator random,
      ThreadFactory threads) {
    this.redis = redis;
    this.script = script;
    this.life = life;
    this.store = store;
    this.reports = reports;
    this.outcomes = outcomes;
    this.pauses = new Pauses(random);
    this.thread = threads.newThread(this::run);
    thread.start();
  }

  private void run() {
    long pause = 0;
    while (store.state().await(pause)) {
      boolean progressed = false;
      try {
        progressed = round();
        if (!progressed) {
          shrink();
        }
      } catch (Throwable e) { // also errors: a thread that ends would leave all of it waiting
        LOG.error("replaying a spool failed; it goes on", e);
        pauses.broke(System.nanoTime());
      }
      pause = progressed ? 0 : pauses.nextNanos(System.nanoTime());
    }
  }

  private void shrink() {
    if (System.nanoTime() - shrinkDue < 0) {
      return;
    }
    try {
      store.shrink();
    } catch (IOException e) {
      LOG.warn("spool files cannot be rewritten; their room stays taken for now", e);
      shrinkDue = System.nanoTime() + SHRINK_PAUSE;
    }
  }

  /** Whether anything was settled. */
  private boolean round() {
    long now = System.nanoTime();
    List<List<Try>> byTenant =
        tries(store.state().heads(one -> pauses.isDue(one, now), MOST_TENANTS, MOST_OF_EACH));
    if (!redis.isCluster()) {
      return replay(byTenant.stream().flatMap(List::stream).toList());
    }
    boolean progressed = false;
    for (List<Try> tries : byTenant) { // each has a slot of its own, and would go alone anyway
      progressed |= replay(tries);
    }
    return progressed;
  }

  private boolean replay(List<Try> tries) {
    if (tries.isEmpty()) {
      return false;
    }
    List<Command> commands = tries.stream().map(one -> script.command(one.attempt())).toList();
    List<@Nullable Object> replies;
    try {
      replies = redis.commands().executeAll(commands);
    } catch (MessagingException nothingSent) { // whatever the server said: not of these records
      int failures = failed(tries.get(0).record().tenant());
      if (!isAway(nothingSent) && isTold(failures)) {
        LOG.warn("spool: waits for Redis to let us in: {}", nothingSent.getMessage());
      }
      return false;
    }
    Set<Tenant> stopped = new HashSet<>();
    boolean progressed = false;
    for (int i = 0; i < tries.size(); i++) {
      Try one = tries.get(i);
      if (stopped.contains(one.record().tenant())) {
        continue; // what comes behind was not executed either
      }
      if (isSettled(one, replies.get(i))) {
        progressed = true;
      } else {
        stopped.add(one.record().tenant());
      }
    }
    return progressed;
  }

  /** The server, or on a Cluster the node of this tenant, is to be left alone for a while. */
  private int failed(Tenant tenant) {
    long now = System.nanoTime();
    return redis.isCluster() ? pauses.failed(tenant, now) : pauses.failed(now);
  }

  /** Whether the server is away, or takes no writes: not this record is refused. */
  private static boolean isAway(MessagingException why) {
    return switch (why.code()) {
      case UNAVAILABLE,
          CIRCUIT_OPEN,
          OUTCOME_UNKNOWN,
          SERVER_BUSY,
          REDIRECTED,
          READ_ONLY,
          OUT_OF_MEMORY,
          CLOSED ->
          true;
      default -> false;
    };
  }

  /** Of failures in a row the first is logged, and then ever fewer. */
  private static boolean isTold(int failures) {
    return Integer.bitCount(failures) == 1;
  }

  private List<List<Try>> tries(List<List<SpoolRecord>> heads) {
    List<List<Try>> byTenant = new ArrayList<>();
    long bytes = 0;
    for (List<SpoolRecord> head : heads) {
      List<Try> tries = new ArrayList<>();
      byTenant.add(tries);
      CallTry before = null;
      for (SpoolRecord record : head) {
        PublishCall call = bytes >= MOST_BYTES ? null : read(record);
        if (call == null
            || (before != null && !before.call().publisher().equals(call.publisher()))) {
          break; // of another run: the server cannot tell their order
        }
        before = before == null ? CallTry.first(call, false, life) : before.then(call, false);
        tries.add(new Try(record, before));
        bytes += call.bytes();
      }
    }
    return byTenant;
  }

  /** The call in a record, or null if it cannot be read, and is left out. */
  private @Nullable PublishCall read(SpoolRecord record) {
    try {
      return store.read(record);
    } catch (IOException e) {
      LOG.error("spool record {} cannot be read", record.number(), e);
      try {
        reports.damaged(store.setAside(record, "damaged"), 1);
      } catch (IOException again) {
        LOG.error("spool record {} cannot be set aside", record.number(), again);
        pauses.failed(record.tenant(), System.nanoTime());
      }
      return null;
    }
  }

  /** Whether the record is done with. */
  private boolean isSettled(Try one, @Nullable Object reply) {
    SpoolRecord record = one.record();
    CallReply read;
    try {
      read = CallReply.of(one.attempt().call(), reply);
    } catch (MessagingException e) {
      return isRefused(record, one.attempt().call(), e);
    }
    switch (read.outcome()) {
      case DONE, OVERTAKEN -> { // the latter: executed by an earlier try, and forgotten since
        pauses.succeeded(record.tenant());
        store.state().away(false);
        store.settle(record);
        outcomes.publishedFromSpool(record.messages());
        reports.replayed(record, read.receipts());
        return true;
      }
      case FULL -> pauses.failed(record.tenant(), System.nanoTime());
      default -> { // goes with or after the one before it
      }
    }
    return false;
  }

  private boolean isRefused(SpoolRecord record, PublishCall call, MessagingException why) {
    if (isAway(why)) {
      failed(record.tenant());
      return false;
    }
    long now = System.nanoTime();
    if (why.code() == ErrorCode.ACCESS_DENIED) {
      if (isTold(pauses.failed(record.tenant(), now))) {
        LOG.warn("spool: may not publish to {}: {}", call.destination(), why.getMessage());
      }
      return false;
    }
    if (pauses.refused(record.tenant(), now) < MOST_REFUSALS) {
      return false;
    }
    try {
      Path file = store.setAside(record, "refused");
      pauses.succeeded(record.tenant());
      reports.refused(record, file, placed(call, why));
    } catch (IOException e) {
      LOG.error("spool record {} cannot be set aside", record.number(), e);
    }
    return false; // what comes behind was sent to come after it
  }

  private static MessagingException placed(PublishCall call, MessagingException why) {
    Destination destination = call.destination();
    ErrorCode code = why.code();
    return new MessagingException(
        code,
        false,
        String.valueOf(why.getMessage()),
        why,
        destination.tenant().name(),
        destination.places().toString());
  }

  /** Waits for the end of the thread, which comes when the store is closed. */
  public boolean join(Duration longest) {
    try {
      thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(longest.toNanos())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }
}
