package dev.tandem.streams.eventstore;

import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.internal.eventstore.HashView;
import dev.tandem.streams.internal.eventstore.ProjectionState;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.ProjectionKeys;
import dev.tandem.tenant.Tenant;
import java.util.List;

/**
 * Looks at projections and sends them back to the beginning, from any process.
 *
 * <p>Calls block for a round trip and throw {@link dev.tandem.api.error.MessagingException}s.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class Projections {
  /** The most skipped events that a projection writes down: {@value}. */
  public static final int MOST_SKIPPED = 10_000;

  private final RedisConnection redis;
  private final KeyLayout keys;

  private Projections(RedisConnection redis) {
    this.redis = redis;
    this.keys = KeyLayout.of(redis);
  }

  /** The projections that can be reached over this connection. */
  public static Projections of(RedisConnection redis) {
    return new Projections(Require.notNull("redis", redis));
  }

  /** How a projection stands; as at the beginning if there is none of this name. */
  public ProjectionStatus status(Tenant tenant, String category, String projection) {
    return state(tenant, category, projection).status();
  }

  /**
   * Sends a projection back to the beginning: its position, its view in Redis and its list of
   * skipped events are gone in one step. The process that holds it cannot move it any more, and
   * takes it up anew; one that is {@link Projection#failure() stopped} must be {@link
   * Projection#resume() told to}. A view elsewhere is emptied by {@link
   * ProjectionHandler#onBeginning}; a handler of the process that is late may still write to it
   * once.
   */
  public void rebuild(Tenant tenant, String category, String projection) {
    state(tenant, category, projection).reset();
  }

  /**
   * The events that a projection has skipped, oldest first.
   *
   * @param most how many at most, 1 to {@value #MOST_SKIPPED}
   */
  public List<ProjectionFailure> skipped(
      Tenant tenant, String category, String projection, int most) {
    Require.inRange("most", most, 1, MOST_SKIPPED);
    return state(tenant, category, projection).skipped(most);
  }

  /** The view that a projection with a {@link ViewHandler} keeps. */
  public ProjectionView view(Tenant tenant, String category, String projection) {
    return new HashView(redis, projection(tenant, category, projection).view());
  }

  private ProjectionState state(Tenant tenant, String category, String projection) {
    return new ProjectionState(redis, projection(tenant, category, projection));
  }

  private ProjectionKeys projection(Tenant tenant, String category, String projection) {
    return keys.events(Require.notNull("tenant", tenant), category).projection(projection);
  }
}
