package dev.tandem.tenant;

import dev.tandem.api.error.MessagingException;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Deletes everything that Redis keeps for one tenant: every key under its prefix in the database of
 * the connection (see {@link KeyKind}; also keys that are not Tandem's) and, if asked to, its user.
 *
 * <p><b>Guarantee.</b> When {@link #run} returns a {@linkplain OffboardingReport#clean clean}
 * report, no key of the tenant was there at any time of a whole pass over all servers. No
 * neighbour's key is touched: acme2 and {acme} are not acme, in names of any kind. See {@link
 * TenantKeys} for how keys are found.
 *
 * <p><b>Small steps.</b> Keys are found by {@code SCAN} and freed by {@code UNLINK}, which leaves
 * the work to the server's background thread: up to {@value #DEFAULT_BATCH} in one pipeline, other
 * clients' commands in between. Nothing is remembered but what is left in Redis: after a crash, a
 * lost connection or an exception, at whatever step, call again and it goes on. Several may run at
 * the same time. In between the tenant is half there, in no order to rely on.
 *
 * <p><b>Stop its programs first.</b> What a producer sends, and what workers and buses that find
 * their keys gone create anew, comes back; nothing here can hold off who logs in as another user.
 * Passes are repeated until one finds nothing, {@value #MOST_PASSES} times at most; if the report
 * is not clean then, something still writes. {@link Builder#removingUser} first takes the tenant's
 * own user, and so closes the connections of all programs that use it.
 *
 * <p><b>What stays.</b> Other databases of the server, the other {@link KeyLayout}, replicas for
 * the moment that they lag (one that is promoted right then has keys back: call again), backups,
 * append-only files until they are rewritten, and what was exported. Encrypted payloads in all of
 * these end with their key: {@link TenantKeyring#forget}.
 *
 * <p><b>Errors.</b> {@link MessagingException}s as the connection throws them, with {@link
 * dev.tandem.api.error.ErrorCode#ACCESS_DENIED} for a user who lacks a right: it needs those of
 * {@link TenantKeys}, {@code MEMORY USAGE} and {@code UNLINK}.
 *
 * <p><b>Threads.</b> All on the caller's thread, the listener too.
 *
 * <p>Thread safety: safe for use by many threads, as far as the listener is.
 */
public final class Offboarding {
  /** How many keys are deleted in one go, unless said otherwise: {@value}. */
  public static final int DEFAULT_BATCH = 100;

  /** The most keys that may be deleted in one go: {@value}. */
  public static final int MOST_BATCH = 1_000;

  /** The most passes of one call: {@value}. */
  public static final int MOST_PASSES = 5;

  private final RedisConnection redis;
  private final TenantKeys keys;
  private final @Nullable TenantAcl acl;
  private final int batch;
  private final Consumer<OffboardingReport> listener;

  private Offboarding(Builder options) {
    redis = options.redis;
    keys = TenantKeys.of(redis);
    acl = options.acl;
    batch = options.batch;
    listener = options.listener;
  }

  /** Offboarding over this connection, which keeps the tenants' users. */
  public static Offboarding of(RedisConnection redis) {
    return builder(redis).build();
  }

  /** The same with everything that can be set. */
  public static Builder builder(RedisConnection redis) {
    return new Builder(redis);
  }

  /**
   * What {@link #run} would delete, in one pass that changes nothing. Counts are of the moment; a
   * key may count twice while the server resizes its table. Clean means that there is nothing.
   */
  public OffboardingReport dryRun(Tenant tenant) {
    Run run = new Run(tenant, true);
    run.pass();
    return run.report();
  }

  /**
   * Deletes everything of the tenant. Where it was cut off before, or was clean already, calling
   * again is right. The report counts what this call has deleted; a key whose reply was lost on the
   * way counts as deleted by nobody.
   */
  public OffboardingReport run(Tenant tenant) {
    Run run = new Run(tenant, false);
    if (acl != null) {
      run.userRemoved = acl.remove(tenant);
      listener.accept(run.report());
    }
    while (!run.clean && run.passes < MOST_PASSES) {
      run.pass();
    }
    return run.report();
  }

  /**
   * Describes an {@link Offboarding}.
   *
   * <p>Thread safety: not safe for use by many threads.
   */
  public static final class Builder {
    private final RedisConnection redis;
    private @Nullable TenantAcl acl;
    private int batch = DEFAULT_BATCH;
    private Consumer<OffboardingReport> listener = report -> {};

    private Builder(RedisConnection redis) {
      this.redis = Require.notNull("redis", redis);
    }

    /** Removes the tenant's Redis user too, and before all else. Kept by default. */
    public Builder removingUser(TenantAcl acl) {
      this.acl = Require.notNull("acl", acl);
      return this;
    }

    /**
     * How many keys are deleted in one go, 1 to {@value #MOST_BATCH}; {@value #DEFAULT_BATCH} by
     * default.
     */
    public Builder batch(int keys) {
      batch = Require.inRange("batch", keys, 1, MOST_BATCH);
      return this;
    }

    /**
     * Sees the report so far after every batch. It may wait, to spare the server, and what it
     * throws ends the call, which may be made again. None by default.
     */
    public Builder listener(Consumer<OffboardingReport> listener) {
      this.listener = Require.notNull("listener", listener);
      return this;
    }

    /** The offboarding; nothing is sent yet. */
    public Offboarding build() {
      return new Offboarding(this);
    }
  }

  private final class Run {
    private final Tenant tenant;
    private final boolean dryRun;
    private final Map<KeyKind, OffboardingReport.Amount> found = new EnumMap<>(KeyKind.class);
    private long seen;
    private int passes;
    private boolean userRemoved;
    private boolean clean;

    Run(Tenant tenant, boolean dryRun) {
      this.tenant = Require.notNull("tenant", tenant);
      this.dryRun = dryRun;
    }

    void pass() {
      long before = seen;
      passes++;
      boolean complete = keys.visit(tenant, this::page);
      clean = complete && seen == before;
    }

    private void page(List<TenantKey> page) {
      for (int from = 0; from < page.size(); from += batch) {
        take(page.subList(from, Math.min(page.size(), from + batch)));
        listener.accept(report());
      }
    }

    // One command for each key: those of several keys fail while their slot moves to another node.
    private void take(List<TenantKey> some) {
      seen += some.size();
      List<Command> commands = new ArrayList<>();
      for (TenantKey each : some) {
        commands.add(Command.of("MEMORY").arg("USAGE").key(each.key()).repeatable());
        commands.add(Command.of(dryRun ? "EXISTS" : "UNLINK").key(each.key()).repeatable());
      }
      List<@Nullable Object> replies = redis.commands().executeAll(commands);
      MessagingException failure = null;
      for (int i = 0; i < some.size(); i++) {
        Object bytes = replies.get(2 * i);
        Object there = replies.get(2 * i + 1);
        if (there instanceof MessagingException error) {
          failure = failure == null ? error : failure;
        } else if (Replies.number(there) > 0) {
          count(some.get(i).kind(), bytes == null ? 0 : size(bytes));
        }
      }
      if (failure != null) {
        throw failure;
      }
    }

    private void count(KeyKind kind, long bytes) {
      found.merge(
          kind, new OffboardingReport.Amount(1, bytes), (known, one) -> known.plus(one.bytes()));
    }

    private static long size(Object bytes) {
      return bytes instanceof MessagingException ? 0 : Replies.number(bytes);
    }

    OffboardingReport report() {
      return new OffboardingReport(tenant, dryRun, found, passes, userRemoved, clean);
    }
  }
}
