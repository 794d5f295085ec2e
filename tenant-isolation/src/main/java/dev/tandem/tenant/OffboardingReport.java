package dev.tandem.tenant;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * What {@link Offboarding} found, and deleted unless it was a dry run.
 *
 * <p>Thread safety: immutable.
 *
 * @param tenant the tenant
 * @param dryRun whether nothing was deleted
 * @param found the keys by what they are for; those that were deleted, unless it was a dry run
 * @param passes how often all keys of the servers were gone through
 * @param userRemoved whether a Redis user of the tenant was removed by this call
 * @param clean whether nothing of the tenant was there during the whole of the last pass: false
 *     means to call again, after its programs were stopped
 */
public record OffboardingReport(
    Tenant tenant,
    boolean dryRun,
    Map<KeyKind, Amount> found,
    int passes,
    boolean userRemoved,
    boolean clean) {
  /**
   * Some keys.
   *
   * @param keys how many
   * @param bytes how much of the server's memory they take, about: {@code MEMORY USAGE}, which
   *     looks at a sample of large ones
   */
  public record Amount(long keys, long bytes) {
    Amount plus(long more) {
      return new Amount(keys + 1, bytes + more);
    }
  }

  /** Copies the map. */
  public OffboardingReport {
    Map<KeyKind, Amount> copy = new EnumMap<>(KeyKind.class);
    copy.putAll(found);
    found = Collections.unmodifiableMap(copy);
  }

  /** How many keys, of all kinds. */
  public long keys() {
    return found.values().stream().mapToLong(Amount::keys).sum();
  }

  /** How much memory they take, about. */
  public long bytes() {
    return found.values().stream().mapToLong(Amount::bytes).sum();
  }
}
