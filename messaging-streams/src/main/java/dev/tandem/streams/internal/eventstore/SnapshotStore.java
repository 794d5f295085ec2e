package dev.tandem.streams.internal.eventstore;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.eventstore.Snapshot;
import dev.tandem.tenant.AggregateKeys;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the latest snapshot of one aggregate.
 *
 * @param <S> the state's type
 */
public final class SnapshotStore<S> {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotStore.class);

  private final Place<?> place;
  private final AggregateKeys keys;
  private final Serde<S> serde;
  private final SerdeContext context;

  /** The snapshots of this aggregate. */
  public SnapshotStore(Place<?> place, AggregateKeys keys, Serde<S> serde) {
    this.place = place;
    this.keys = keys;
    this.serde = serde;
    this.context = new SerdeContext(place.tenant().name(), place.topic().name());
  }

  /** Saves unless a newer one is there; whether it did. */
  public boolean save(long version, S state, int mostBytes) {
    byte[] bytes = serialize(state);
    if (bytes.length > mostBytes) {
      throw new InvalidValueException(
          "snapshot size in bytes of " + place.describe(keys),
          bytes.length,
          "must be at most " + mostBytes);
    }
    List<@Nullable Object> reply =
        Replies.list(
            place
                .redis()
                .commands()
                .execute(
                    EventScripts.SNAPSHOT
                        .call(keys.meta(), keys.snapshot())
                        .arg(version)
                        .arg(bytes)
                        .repeatable()));
    String outcome = Replies.text(reply.get(0));
    return switch (outcome) {
      case "saved" -> true;
      case "newer" -> false;
      case "ahead" ->
          throw new InvalidValueException(
              "snapshot version of " + place.describe(keys),
              version,
              Replies.number(reply.get(2)) == 1
                  ? "the aggregate was deleted"
                  : "must be at most the aggregate's, " + Replies.text(reply.get(1)));
      default -> throw place.damaged(keys, Replies.text(reply.get(1)));
    };
  }

  /** The snapshot, if there is one. */
  public Optional<Snapshot<S>> load() {
    Command get =
        Command.of("HMGET")
            .key(keys.snapshot())
            .arg("version")
            .arg("taken_at")
            .arg("state")
            .repeatable();
    List<@Nullable Object> reply = Replies.list(place.redis().commands().execute(get));
    if (reply.get(0) == null || reply.get(2) == null) {
      return Optional.empty();
    }
    long version = number(reply.get(0));
    if (version < 1) {
      throw unreadable("its version is not a number", null);
    }
    Instant takenAt = Instant.ofEpochMilli(Math.max(0, number(reply.get(1))));
    return Optional.of(
        new Snapshot<>(version, deserialize(version, Replies.bytes(reply.get(2))), takenAt));
  }

  /** The snapshot, if there is one that can be read. */
  public Optional<Snapshot<S>> loadIfReadable() {
    try {
      return load();
    } catch (SerdeException e) {
      LOG.warn("{}; reading all events instead", e.getMessage());
      return Optional.empty();
    }
  }

  private byte[] serialize(S state) {
    try {
      return serde.serialize(state, context);
    } catch (SerdeException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      throw new SerdeException(
          "cannot write the snapshot of " + place.describe(keys),
          e,
          place.tenant().name(),
          place.topic().name());
    }
  }

  private S deserialize(long version, byte[] bytes) {
    S state;
    try {
      state = serde.deserialize(bytes, context);
    } catch (RuntimeException | StackOverflowError e) {
      throw unreadable("version " + version + ": " + e.getMessage(), e);
    }
    if (isNull(state)) {
      throw unreadable("version " + version + ": the serde read nothing", null);
    }
    return state;
  }

  // A serde must not give null; one that does must not become a snapshot without state.
  private static boolean isNull(@Nullable Object value) {
    return value == null;
  }

  private SerdeException unreadable(String why, @Nullable Throwable cause) {
    return new SerdeException(
        "cannot read the snapshot of " + place.describe(keys) + ", " + why,
        cause,
        place.tenant().name(),
        place.topic().name());
  }

  private static long number(@Nullable Object reply) {
    String text = reply == null ? "" : Replies.text(reply);
    return text.matches("\\d{1,15}") ? Long.parseLong(text) : -1;
  }
}
