package dev.tandem.hybrid.internal.spool;

import dev.tandem.tenant.Tenant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The records that wait, by tenant and in order.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
final class SpoolIndex {
  private final Map<Tenant, ArrayDeque<SpoolRecord>> byTenant = new LinkedHashMap<>();
  private long messages;

  void add(SpoolRecord record) {
    byTenant.computeIfAbsent(record.tenant(), key -> new ArrayDeque<>()).add(record);
    messages += record.messages();
  }

  /** Takes a record out that is the first of its tenant. */
  void remove(SpoolRecord record) {
    ArrayDeque<SpoolRecord> records = byTenant.get(record.tenant());
    if (records != null && records.remove(record)) {
      messages -= record.messages();
      if (records.isEmpty()) {
        byTenant.remove(record.tenant());
      }
    }
  }

  /** The records in any of these files, in the order of their numbers. */
  List<SpoolRecord> in(List<Segment> segments) {
    return byTenant.values().stream()
        .flatMap(ArrayDeque::stream)
        .filter(record -> segments.contains(record.segment()))
        .sorted(Comparator.comparingLong(SpoolRecord::number))
        .toList();
  }

  /** Puts records in the places of those with their numbers. */
  void replace(List<SpoolRecord> moved) {
    Map<Long, SpoolRecord> byNumber = new HashMap<>();
    Set<Tenant> tenants = new HashSet<>();
    for (SpoolRecord record : moved) {
      byNumber.put(record.number(), record);
      tenants.add(record.tenant());
    }
    for (Tenant tenant : tenants) {
      byTenant.computeIfPresent(
          tenant,
          (key, records) -> {
            ArrayDeque<SpoolRecord> replaced = new ArrayDeque<>(records.size());
            records.forEach(one -> replaced.add(byNumber.getOrDefault(one.number(), one)));
            return replaced;
          });
    }
  }

  boolean holds(Tenant tenant) {
    return byTenant.containsKey(tenant);
  }

  boolean isEmpty() {
    return byTenant.isEmpty();
  }

  long messages() {
    return messages;
  }

  /** The first records of some tenants, whose turn is over then. */
  List<List<SpoolRecord>> heads(Predicate<Tenant> wanted, int mostTenants, int mostOfEach) {
    List<List<SpoolRecord>> heads = new ArrayList<>();
    for (Map.Entry<Tenant, ArrayDeque<SpoolRecord>> entry : byTenant.entrySet()) {
      if (heads.size() < mostTenants && wanted.test(entry.getKey())) {
        heads.add(entry.getValue().stream().limit(mostOfEach).toList());
      }
    }
    for (List<SpoolRecord> head : heads) {
      Tenant tenant = head.get(0).tenant();
      ArrayDeque<SpoolRecord> records = byTenant.remove(tenant);
      if (records != null) {
        byTenant.put(tenant, records);
      }
    }
    return heads;
  }

  /** When the oldest record was written; now if there is none. */
  long oldestMillis(long nowMillis) {
    long oldest = nowMillis;
    for (ArrayDeque<SpoolRecord> records : byTenant.values()) {
      oldest = Math.min(oldest, records.element().createdMillis());
    }
    return oldest;
  }
}
