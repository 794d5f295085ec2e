package dev.tandem.hybrid.internal.spool;

import dev.tandem.tenant.Tenant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How long to leave whom alone after failures: doubling, with jitter, until something succeeds.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
final class Pauses {
  private static final long FIRST = TimeUnit.MILLISECONDS.toNanos(50);
  private static final int MOST_DOUBLINGS = 5;
  private static final long LONGEST = FIRST << MOST_DOUBLINGS;

  private final RandomGenerator random;
  private final Map<Tenant, Pause> pauses = new HashMap<>();
  private @Nullable Pause everybody;

  private record Pause(int failures, int refusals, long dueNanos) {}

  Pauses(RandomGenerator random) {
    this.random = random;
  }

  boolean isDue(Tenant tenant, long nowNanos) {
    Pause own = pauses.get(tenant);
    return (own == null || own.dueNanos - nowNanos <= 0)
        && (everybody == null || everybody.dueNanos - nowNanos <= 0);
  }

  /** One more failure of this tenant's; returns how many there were in a row. */
  int failed(Tenant tenant, long nowNanos) {
    Pause next = after(pauses.get(tenant), 0, nowNanos);
    pauses.put(tenant, next);
    return next.failures;
  }

  /** One more failure, by which a record was refused; returns how many such there were in a row. */
  int refused(Tenant tenant, long nowNanos) {
    Pause before = pauses.get(tenant);
    Pause next = after(before, before == null ? 1 : before.refusals + 1, nowNanos);
    pauses.put(tenant, next);
    return next.refusals;
  }

  /** One more failure that concerns everybody; returns how many there were in a row. */
  int failed(long nowNanos) {
    everybody = after(everybody, 0, nowNanos);
    return everybody.failures;
  }

  /** Something failed that should not. */
  void broke(long nowNanos) {
    everybody = new Pause(MOST_DOUBLINGS, 0, nowNanos + LONGEST);
  }

  private Pause after(@Nullable Pause before, int refusals, long nowNanos) {
    int failures = before == null ? 1 : before.failures + 1;
    long whole = FIRST << Math.min(failures - 1, MOST_DOUBLINGS);
    return new Pause(failures, refusals, nowNanos + whole / 2 + random.nextLong(whole / 2 + 1));
  }

  void succeeded(Tenant tenant) {
    pauses.remove(tenant);
    everybody = null;
  }

  /** How long until somebody who is left alone is due. */
  long nextNanos(long nowNanos) {
    if (everybody != null) {
      return Math.max(everybody.dueNanos - nowNanos, 1);
    }
    long next = LONGEST;
    for (Pause pause : pauses.values()) {
      next = Math.min(next, Math.max(pause.dueNanos - nowNanos, 1));
    }
    return next;
  }
}
