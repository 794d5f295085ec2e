package dev.tandem.pubsub.internal.log;

import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Cuts what concerns many channels into groups that one script may touch: each of one tenant, whose
 * keys lie in one slot of a Cluster.
 */
final class ByTenant {
  private ByTenant() {}

  /** The places of these, grouped by tenant, at most so many in a group. */
  static <E> List<List<Integer>> places(List<E> all, Function<E, Tenant> tenantOf, int mostInOne) {
    List<List<Integer>> groups = new ArrayList<>();
    Map<Tenant, List<Integer>> open = new HashMap<>();
    for (int i = 0; i < all.size(); i++) {
      Tenant tenant = tenantOf.apply(all.get(i));
      List<Integer> group = open.get(tenant);
      if (group == null || group.size() == mostInOne) {
        group = new ArrayList<>();
        open.put(tenant, group);
        groups.add(group);
      }
      group.add(i);
    }
    return groups;
  }
}
