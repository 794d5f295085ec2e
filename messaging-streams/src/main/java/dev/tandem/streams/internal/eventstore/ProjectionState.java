package dev.tandem.streams.internal.eventstore;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.eventstore.CategoryPosition;
import dev.tandem.streams.eventstore.ProjectionFailure;
import dev.tandem.streams.eventstore.ProjectionStatus;
import dev.tandem.streams.eventstore.ViewUpdate;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.tenant.ProjectionKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What Redis knows of a projection: who holds it, where it stands. Safe for use by many threads.
 */
public final class ProjectionState {
  private static final int FIELD_FORBIDS = 2;

  private final RedisConnection redis;
  private final ProjectionKeys keys;

  /** The state under these keys. */
  public ProjectionState(RedisConnection redis, ProjectionKeys keys) {
    this.redis = redis;
    this.keys = keys;
  }

  /** What came of asking for a projection: its token, or how long another holds it at most. */
  record Acquired(long token, EntryId position, Duration rest) {}

  Acquired acquire(String holder, Duration lease) {
    List<@Nullable Object> reply =
        Replies.list(
            run(EventScripts.ACQUIRE.call(keys.state()).arg(holder).arg(lease.toMillis())));
    long token = Replies.number(reply.get(0));
    return token > 0
        ? new Acquired(token, EntryId.parse(Replies.text(reply.get(1))), Duration.ZERO)
        : new Acquired(0, EntryId.NONE, Duration.ofMillis(Replies.number(reply.get(1))));
  }

  /** Renews the lease; how far behind the projection is, or -1 if another holds it. */
  long renew(CommandExecutor executor, String holder, Duration lease) {
    List<@Nullable Object> reply =
        Replies.list(
            executor.execute(
                EventScripts.RENEW
                    .call(keys.state(), keys.category())
                    .arg(holder)
                    .arg(lease.toMillis())
                    .repeatable()));
    return Replies.number(reply.get(0)) == 1 ? Replies.number(reply.get(1)) : -1;
  }

  /**
   * Moves past an event and changes the view.
   *
   * @return whether it did; false if another holds the projection
   * @throws InvalidValueException if a field cannot be added to
   */
  boolean commit(String holder, EntryId before, EntryId after, ViewUpdate update) {
    Command command =
        EventScripts.COMMIT
            .call(keys.state(), keys.view())
            .arg(holder)
            .arg(before.toString())
            .arg(after.toString());
    update.forEach((kind, field, value) -> command.arg(kind).arg(field).arg(value));
    List<@Nullable Object> reply = Replies.list(run(command));
    long outcome = Replies.number(reply.get(0));
    if (outcome == FIELD_FORBIDS) {
      throw new InvalidValueException(
          "view field",
          Replies.text(reply.get(1)),
          "must hold a whole number of at most 18 characters to be added to");
    }
    return outcome == 1;
  }

  /** Moves past an event that is written down; 1 done, 0 another holds it, 2 no room for more. */
  long skip(
      String holder,
      EntryId before,
      EntryId after,
      EventFormat.Origin origin,
      String error,
      int most) {
    return Replies.number(
        run(
            EventScripts.SKIP
                .call(keys.state(), keys.skipped())
                .arg(holder)
                .arg(before.toString())
                .arg(after.toString())
                .arg(most)
                .arg(origin.aggregateId())
                .arg(origin.version())
                .arg(error)));
  }

  /** Writes a failure down and lets go. */
  void stall(String holder, EntryId position, EventFormat.Origin origin, String error) {
    run(
        EventScripts.STALL
            .call(keys.state())
            .arg(holder)
            .arg(position.toString())
            .arg(origin.aggregateId())
            .arg(origin.version())
            .arg(error));
  }

  void release(String holder) {
    run(EventScripts.RELEASE.call(keys.state()).arg(holder));
  }

  /** Back to the beginning, without a view. */
  public void reset() {
    run(EventScripts.RESET.call(keys.state(), keys.view(), keys.skipped()));
  }

  /** How it stands. */
  public ProjectionStatus status() {
    List<@Nullable Object> replies =
        redis
            .commands()
            .executeAll(
                List.of(
                    Command.of("HGETALL").key(keys.state()).repeatable(),
                    Command.of("XLEN").key(keys.category()).repeatable(),
                    Command.of("TIME").repeatable()));
    Map<String, @Nullable Object> state = Replies.map(Replies.orThrow(replies.get(0)));
    long length = Replies.number(Replies.orThrow(replies.get(1)));
    List<@Nullable Object> time = Replies.list(Replies.orThrow(replies.get(2)));
    long now = Replies.number(time.get(0)) * 1_000 + Replies.number(time.get(1)) / 1_000;
    long handled = number(state.get("handled"));
    long rest = number(state.get("until")) - now;
    boolean isHeld =
        !text(state.get("holder")).isEmpty()
            && rest > 0
            && rest <= 2 * number(state.get("lease")); // more is void, as for acquire.lua
    Optional<ProjectionFailure> failure =
        state.containsKey("failed_position")
            ? Optional.of(
                new ProjectionFailure(
                    position(text(state.get("failed_position"))),
                    text(state.get("failed_aggregate")),
                    number(state.get("failed_version")),
                    text(state.get("error")),
                    Instant.ofEpochMilli(number(state.get("failed_at")))))
            : Optional.empty();
    return new ProjectionStatus(
        position(text(state.get("position"))),
        handled,
        Math.max(0, length - handled),
        isHeld,
        failure);
  }

  /** The events that were skipped, oldest first. */
  public List<ProjectionFailure> skipped(int most) {
    Command range =
        Command.of("XRANGE")
            .key(keys.skipped())
            .arg("-")
            .arg("+")
            .arg("COUNT")
            .arg(most)
            .repeatable();
    List<ProjectionFailure> skipped = new ArrayList<>();
    for (Object reply : Replies.list(redis.commands().execute(range))) {
      RawEntry entry = RawEntry.of(reply);
      Map<String, byte[]> fields = entry.toMap(0);
      skipped.add(
          new ProjectionFailure(
              position(text(fields.get("position"))),
              text(fields.get("aggregate")),
              number(fields.get("version")),
              text(fields.get("error")),
              entry.id().time()));
    }
    return List.copyOf(skipped);
  }

  private @Nullable Object run(Command command) {
    return redis.commands().execute(command.repeatable());
  }

  /** An id as a position; one beyond all positions is of an entry that others wrote. */
  static CategoryPosition position(String text) {
    try {
      EntryId id = EntryId.parse(text);
      return new CategoryPosition(clamped(id.millis()), clamped(id.sequence()));
    } catch (InvalidValueException e) {
      return CategoryPosition.BEGINNING;
    }
  }

  private static long clamped(long unsigned) {
    return unsigned < 0 ? Long.MAX_VALUE : unsigned;
  }

  private static String text(@Nullable Object value) {
    return value == null ? "" : Replies.text(value);
  }

  private static long number(@Nullable Object value) {
    String text = text(value);
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
  }
}
