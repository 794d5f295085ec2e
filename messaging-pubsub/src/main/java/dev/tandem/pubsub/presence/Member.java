package dev.tandem.pubsub.presence;

import java.util.Map;

/**
 * One instance that is there.
 *
 * <p>Thread safety: immutable.
 *
 * @param instanceId the id of its {@link dev.tandem.pubsub.LiveBus}
 * @param run random for each start: the same instance started again is another member
 * @param metadata what it says about itself
 */
public record Member(String instanceId, String run, Map<String, String> metadata) {
  /** Keeps a copy of the metadata. */
  public Member {
    metadata = Map.copyOf(metadata);
  }
}
