package dev.tandem.tenant;

import dev.tandem.redis.command.RedisKey;

/**
 * The keys of one category of events of one tenant.
 *
 * <p>Thread safety: immutable.
 */
public final class EventKeys {
  private final RedisKey category;

  EventKeys(String prefix, String category) {
    this.category = RedisKey.of(prefix + ":events:" + Names.check("category", category));
  }

  /** The stream of all events of the category. */
  public RedisKey category() {
    return category;
  }

  /**
   * The keys of an aggregate.
   *
   * @throws dev.tandem.api.error.InvalidValueException if its id breaks the rule of {@link
   *     AggregateKeys}
   */
  public AggregateKeys aggregate(String id) {
    return new AggregateKeys(category, id);
  }

  /** The keys of a projection; refuses a name that breaks the rule of {@link Names}. */
  public ProjectionKeys projection(String name) {
    return new ProjectionKeys(category, name);
  }

  @Override
  public String toString() {
    return category.text();
  }
}
