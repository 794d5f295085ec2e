package dev.tandem.tenant;

import dev.tandem.redis.command.RedisKey;

/**
 * The keys of one projection of a category of events.
 *
 * <p>Thread safety: immutable.
 */
public final class ProjectionKeys {
  private final String name;
  private final RedisKey category;
  private final RedisKey state;
  private final RedisKey view;
  private final RedisKey skipped;

  ProjectionKeys(RedisKey category, String name) {
    this.name = Names.check("projection", name);
    this.category = category;
    this.state = RedisKey.of(category.text() + ":projection:" + name);
    this.view = RedisKey.of(state.text() + ":view");
    this.skipped = RedisKey.of(state.text() + ":skipped");
  }

  /** The projection's name. */
  public String name() {
    return name;
  }

  /** The stream that the projection follows. */
  public RedisKey category() {
    return category;
  }

  /** The hash of position, holder and failure. */
  public RedisKey state() {
    return state;
  }

  /** The hash that the projection keeps its view in. */
  public RedisKey view() {
    return view;
  }

  /** The stream of the events that were skipped. */
  public RedisKey skipped() {
    return skipped;
  }

  @Override
  public String toString() {
    return state.text();
  }
}
