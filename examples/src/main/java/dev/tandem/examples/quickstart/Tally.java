package dev.tandem.examples.quickstart;

import dev.tandem.api.Gap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts by message what was published, handled and delivered, so that at the end every message can
 * be accounted for.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Tally {
  private final Map<Id, Long> published = new ConcurrentHashMap<>();
  private final Set<Id> handled = ConcurrentHashMap.newKeySet();
  private final Set<Id> delivered = ConcurrentHashMap.newKeySet();
  private final Map<String, Long> lastVersion = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Missed> gaps = new ConcurrentLinkedQueue<>();
  private final LongAdder redelivered = new LongAdder();
  private final LongAdder duplicates = new LongAdder();
  private final LongAdder outOfOrder = new LongAdder();

  /** A message is in its stream, and on its channel as this version. */
  void published(String tenant, String id, long version) {
    published.put(new Id(tenant, id), version);
  }

  /** A worker handled a message; {@code deliveries} is 1 the first time it was given out. */
  void handled(String tenant, String id, long deliveries) {
    handled.add(new Id(tenant, id));
    if (deliveries > 1) {
      redelivered.increment();
    }
  }

  /** A tenant's subscriber got a message. Called by one thread at a time for each tenant. */
  void delivered(String tenant, String id, long version) {
    if (!delivered.add(new Id(tenant, id))) {
      duplicates.increment();
    }
    Long before = lastVersion.put(tenant, version);
    if (before != null && before >= version) {
      outOfOrder.increment();
    }
  }

  /** A tenant's subscriber was told that it missed something. */
  void gap(String tenant, Gap gap) {
    long after = gap.from() == null ? 0 : gap.from().version();
    gaps.add(new Missed(tenant, after, gap.resumesAt().version()));
  }

  long published() {
    return published.size();
  }

  long handled() {
    return handled.size();
  }

  long delivered() {
    return delivered.size();
  }

  long redelivered() {
    return redelivered.sum();
  }

  long duplicates() {
    return duplicates.sum();
  }

  long outOfOrder() {
    return outOfOrder.sum();
  }

  long gaps() {
    return gaps.size();
  }

  /** Published, not delivered, but announced by a gap. */
  long missedWithNotice() {
    if (gaps.isEmpty()) {
      return 0;
    }
    return published.keySet().stream()
        .filter(id -> !delivered.contains(id) && isNoticed(id))
        .count();
  }

  /**
   * Published, but neither handled nor in {@code deadLetters}; or neither delivered nor announced
   * by a gap.
   */
  long lost(Set<Id> deadLetters) {
    return published.keySet().stream()
        .filter(
            id ->
                !(handled.contains(id) || deadLetters.contains(id))
                    || !(delivered.contains(id) || isNoticed(id)))
        .count();
  }

  private boolean isNoticed(Id id) {
    long version = published.getOrDefault(id, 0L);
    return gaps.stream()
        .anyMatch(
            gap ->
                gap.tenant().equals(id.tenant()) && version > gap.after() && version <= gap.upTo());
  }

  /**
   * A message among those of all tenants.
   *
   * @param tenant its tenant's name
   * @param id its id within the tenant
   */
  record Id(String tenant, String id) {}

  private record Missed(String tenant, long after, long upTo) {}
}
