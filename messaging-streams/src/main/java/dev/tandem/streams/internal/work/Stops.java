package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.LeaseRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The deliveries that streams in strict order have stopped at. Safe for use by many threads. */
final class Stops {
  private static final Logger LOG = LoggerFactory.getLogger(Stops.class);

  /** A delivery that a stream stopped at, and why. */
  record Stop(Single<?> attempt, String why) {}

  private final LeaseRegistry registry;
  private final Map<GroupStream, Stop> stops = new ConcurrentHashMap<>();

  Stops(LeaseRegistry registry) {
    this.registry = registry;
  }

  /** Whether a delivery can be stopped at before its handler was called. */
  boolean start(Lease lease) {
    return registry.start(lease);
  }

  void stop(Single<?> attempt, String why) {
    stops.put(attempt.lease().stream(), new Stop(attempt, why));
    LOG.error("{} stopped its stream: {}", attempt.lease(), why);
  }

  /** Where streams stand still now. */
  List<Stop> all() {
    return List.copyOf(stops.values());
  }

  /** Lets go of all. */
  List<Single<?>> release() {
    return release(stop -> true);
  }

  /**
   * Lets go of those that are not ours any more: another consumer has them, or is done with them.
   */
  List<Single<?>> releaseLost() {
    return stops.isEmpty() ? List.of() : release(stop -> stop.attempt().lease().isLost());
  }

  /** Lets go of what this stream stopped at. */
  List<Single<?>> release(GroupStream stream) {
    return release(stop -> stop.attempt().lease().stream() == stream);
  }

  private List<Single<?>> release(Predicate<Stop> which) {
    List<Single<?>> released = new ArrayList<>();
    for (Stop stop : List.copyOf(stops.values())) {
      if (which.test(stop) && stops.remove(stop.attempt().lease().stream(), stop)) {
        released.add(stop.attempt());
      }
    }
    return released;
  }
}
