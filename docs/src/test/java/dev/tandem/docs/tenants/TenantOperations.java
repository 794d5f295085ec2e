package dev.tandem.docs.tenants;

import java.util.ArrayList;
import java.util.List;

/**
 * All public operations of the libraries that concern a tenant, but for those that a tenant's user
 * may not even do for itself.
 */
final class TenantOperations {
  private TenantOperations() {}

  static List<Operation<?>> all() {
    List<Operation<?>> all = new ArrayList<>();
    all.addAll(StreamOperations.producing());
    all.addAll(StreamOperations.consuming());
    all.addAll(StreamOperations.reading());
    all.addAll(StreamCareOperations.deadLetters());
    all.addAll(StreamCareOperations.scheduling());
    all.addAll(StreamCareOperations.administering());
    all.addAll(EventStoreOperations.storing());
    all.addAll(EventStoreOperations.projecting());
    all.addAll(LiveOperations.publishing());
    all.addAll(LiveOperations.subscribing());
    all.addAll(LiveOperations.helping());
    all.addAll(LiveOperations.connecting());
    all.addAll(AdministratorsOperations.quotasAndOutbox());
    return all;
  }
}
