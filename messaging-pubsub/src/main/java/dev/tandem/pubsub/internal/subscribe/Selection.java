package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.SubscribeOptions;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Which messages a subscription wants. */
final class Selection {
  private final Set<String> types;
  private final @Nullable String excludedInstance;
  private final @Nullable Predicate<? super LiveMessage<?>> filter;

  private static final Selection ALL = new Selection(SubscribeOptions.fromNow(), "");

  /** What these options want; the same object for all who want everything. */
  static Selection of(SubscribeOptions options, String ownInstanceId) {
    boolean all =
        options.wantedTypes().isEmpty() && !options.excludesOwn() && options.wantedFilter() == null;
    return all ? ALL : new Selection(options, ownInstanceId);
  }

  private Selection(SubscribeOptions options, String ownInstanceId) {
    this.types = options.wantedTypes();
    this.excludedInstance = options.excludesOwn() ? ownInstanceId : null;
    this.filter = options.wantedFilter();
  }

  /** Whether it is of a wanted type and instance. Calls nobody's code. */
  boolean isWanted(LiveMessage<?> message) {
    return (types.isEmpty() || types.contains(message.type()))
        && (excludedInstance == null || !excludedInstance.equals(message.instanceId()));
  }

  /** Whether it passes the user's filter, which may throw. */
  boolean passes(LiveMessage<?> message) {
    return filter == null || filter.test(message);
  }
}
