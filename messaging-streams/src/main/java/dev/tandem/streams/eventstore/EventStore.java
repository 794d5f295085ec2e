package dev.tandem.streams.eventstore;

import dev.tandem.api.Message;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.eventstore.AggregateReader;
import dev.tandem.streams.internal.eventstore.Appender;
import dev.tandem.streams.internal.eventstore.CategoryReader;
import dev.tandem.streams.internal.eventstore.Place;
import dev.tandem.streams.internal.eventstore.SnapshotStore;
import dev.tandem.tenant.AggregateKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Names;
import dev.tandem.tenant.Tenant;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what happened to aggregates as streams of events.
 *
 * <p><b>Guarantee.</b> An append is all or nothing: its events get the next versions of their
 * aggregate, without gaps from 1, and stand in that order in the category too; or nothing was
 * changed. It succeeds only if the aggregate stands exactly at the expected version, so of two who
 * decided on the same version one gets a {@link VersionConflictException}. That holds when the
 * server has no memory left or lets its user not call {@code XADD}, {@code XDEL} or {@code HSET}
 * (the append needs them all), and when a reply is lost: the call is sent again under the same
 * command id, and gives what the first one gave.
 *
 * <p><b>Nothing is trimmed</b> or expires. Events go only by {@link #delete}; those of a category
 * stay even then. Whatever else removes them (an eviction policy other than {@code noeviction}, a
 * hand-written {@code XTRIM}) is noticed: reading or appending to that aggregate fails with {@link
 * dev.tandem.api.error.ErrorCode#DATA_DAMAGED}. What survives a crash of the server is up to its
 * persistence ({@code appendfsync}), what survives a failover up to its replication.
 *
 * <p><b>Size.</b> Every event is stored twice, for its aggregate and for its category. A category
 * of a tenant is one stream, so its events must fit one server.
 *
 * <p><b>Ids of aggregates</b> are any text of 1 to {@value AggregateKeys#MAX_ID} characters without
 * controls; see {@link AggregateKeys}.
 *
 * <p><b>Threads.</b> Calls block the caller's thread for a round trip (reading: one for each page)
 * and throw {@link dev.tandem.api.error.MessagingException}s.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class EventStore {
  /** The most events that one call appends: {@value}. */
  public static final int MOST_EVENTS = 256;

  /** The most bytes that one call appends, and the largest snapshot: 16 MiB. */
  public static final int MOST_BYTES = 16 << 20;

  /** The most events that {@link #last} gives: {@value}. */
  public static final int MOST_LAST = 1_000;

  /** How many of its latest commands each aggregate remembers: {@value}. */
  public static final int COMMANDS_REMEMBERED = 32;

  /** The longest command id, in characters: {@value}. */
  public static final int MAX_COMMAND_ID = 64;

  /** The greatest version: 10<sup>14</sup>. */
  public static final long GREATEST_VERSION = 100_000_000_000_000L;

  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  private final RedisConnection redis;
  private final KeyLayout keys;
  private final Appender appender;
  private final RandomGenerator random;

  private EventStore(RedisConnection redis, RandomGenerator random) {
    this.redis = Require.notNull("redis", redis);
    this.random = Require.notNull("random", random);
    this.keys = KeyLayout.of(redis);
    this.appender = new Appender(redis);
  }

  /** The event store that can be reached over this connection. */
  public static EventStore of(RedisConnection redis) {
    return of(redis, new SecureRandom());
  }

  /** The same, with command ids from here; must be safe for use by many threads, and not repeat. */
  public static EventStore of(RedisConnection redis, RandomGenerator random) {
    return new EventStore(redis, random);
  }

  /**
   * Appends events under a random command id.
   *
   * @see #append(Tenant, EventCategory, String, ExpectedVersion, String, List)
   */
  public <T> AppendResult append(
      Tenant tenant,
      EventCategory<T> category,
      String aggregateId,
      ExpectedVersion expected,
      List<Message<T>> events) {
    return append(tenant, category, aggregateId, expected, newId(), events);
  }

  private String newId() {
    return Long.toString(random.nextLong(), 36) + '.' + Long.toString(random.nextLong(), 36);
  }

  /**
   * Appends events. A command that was carried out before is not carried out again: the call gives
   * the same result, whatever was expected. An aggregate remembers its {@value
   * #COMMANDS_REMEMBERED} latest commands; one that is repeated later than that is taken for a new
   * one, and refused if it names an exact version.
   *
   * @param commandId identifies what is being done, 1 to {@value #MAX_COMMAND_ID} characters as in
   *     {@link Names}; unique within the aggregate
   * @param events 1 to {@value #MOST_EVENTS}, together at most {@link #MOST_BYTES}; that a repeated
   *     command brings the same ones is not checked, only that they are as many
   * @throws VersionConflictException if the aggregate is not as expected, or was deleted
   * @throws InvalidValueException if an argument breaks its rule; nothing was sent
   * @throws dev.tandem.api.error.SerdeException if the serde refuses a payload; nothing was sent
   * @throws dev.tandem.api.error.OutcomeUnknownException if replies were lost several times over;
   *     find out by repeating the call with the same command id
   */
  public <T> AppendResult append(
      Tenant tenant,
      EventCategory<T> category,
      String aggregateId,
      ExpectedVersion expected,
      String commandId,
      List<Message<T>> events) {
    Place<T> place = place(tenant, category);
    AggregateKeys aggregate = place.keys().aggregate(aggregateId);
    Require.notNull("expected version", expected);
    Names.check("command id", commandId, MAX_COMMAND_ID);
    Require.inRange("number of events", Require.notNull("events", events).size(), 1, MOST_EVENTS);
    events.forEach(event -> Require.notNull("event", event));
    Appender.Outcome outcome =
        appender.append(
            place,
            aggregate,
            commandId,
            expected.number(),
            COMMANDS_REMEMBERED,
            appender.encode(place, events, MOST_BYTES));
    refuseConflict(place, aggregate, expected, outcome);
    long count = outcome.count();
    if (count != events.size()) {
      throw new InvalidValueException(
          "command id", commandId, "has appended " + count + " other events to this aggregate");
    }
    return new AppendResult(
        outcome.first(),
        outcome.version(),
        CategoryPosition.parse(outcome.position()),
        outcome.kind() == Appender.Kind.BEFORE);
  }

  private static void refuseConflict(
      Place<?> place, AggregateKeys aggregate, ExpectedVersion expected, Appender.Outcome outcome) {
    if (outcome.kind() == Appender.Kind.CONFLICT) {
      throw new VersionConflictException(
          place.tenant().name(),
          place.topic().name(),
          aggregate.id(),
          expected,
          outcome.version(),
          outcome.isDeleted());
    }
  }

  /** The version of the aggregate's last event; 0 if it has none, or was deleted. */
  public long version(Tenant tenant, EventCategory<?> category, String aggregateId) {
    AggregateKeys aggregate = place(tenant, category).keys().aggregate(aggregateId);
    Command get =
        Command.of("HMGET").key(aggregate.meta()).arg("version").arg("deleted").repeatable();
    List<@Nullable Object> reply = Replies.list(redis.commands().execute(get));
    boolean isDeleted = reply.get(1) != null;
    return isDeleted || reply.get(0) == null ? 0 : Replies.number(reply.get(0));
  }

  /** Whether the aggregate has events. */
  public boolean exists(Tenant tenant, EventCategory<?> category, String aggregateId) {
    return version(tenant, category, aggregateId) > 0;
  }

  /** All events of an aggregate; like {@link #read(Tenant, EventCategory, String, long)}. */
  public <T> Iterable<RecordedEvent<T>> read(
      Tenant tenant, EventCategory<T> category, String aggregateId) {
    return read(tenant, category, aggregateId, 1);
  }

  /**
   * The events of an aggregate from a version on, oldest first; none if there are none. Each
   * iteration reads anew, in pages of up to 256 events and about 4 MiB, and includes what is
   * appended meanwhile.
   *
   * <p>While it is iterated: a {@link dev.tandem.api.error.SerdeException} that names the aggregate
   * and the version of an event that cannot be read, after which the iteration may go on with the
   * next; {@link dev.tandem.api.error.ErrorCode#DATA_DAMAGED} where an event is missing; {@link
   * dev.tandem.api.error.ErrorCode#VERSION_CONFLICT} if the aggregate is deleted meanwhile.
   *
   * @param fromVersion the first version to read, 1 or more
   */
  public <T> Iterable<RecordedEvent<T>> read(
      Tenant tenant, EventCategory<T> category, String aggregateId, long fromVersion) {
    Require.inRange("fromVersion", fromVersion, 1, GREATEST_VERSION + 1);
    return aggregate(tenant, category, aggregateId).from(fromVersion);
  }

  /**
   * The last events of an aggregate, newest first, held in memory all at once.
   *
   * @param most how many at most, 1 to {@value #MOST_LAST}
   */
  public <T> List<RecordedEvent<T>> last(
      Tenant tenant, EventCategory<T> category, String aggregateId, int most) {
    Require.inRange("most", most, 1, MOST_LAST);
    return aggregate(tenant, category, aggregateId).last(most);
  }

  /**
   * The events of all aggregates of a category after a position, in the order of their positions.
   * Each iteration reads anew, in pages of up to 256 events and about 4 MiB, and includes what is
   * appended meanwhile. An entry that cannot be read, or that some other program wrote, gives a
   * {@link dev.tandem.api.error.SerdeException} that names its position; the iteration may then go
   * on with the next.
   */
  public <T> Iterable<RecordedEvent<T>> readCategory(
      Tenant tenant, EventCategory<T> category, CategoryPosition after) {
    Require.notNull("position", after);
    return new CategoryReader<>(place(tenant, category)).from("(" + after);
  }

  /** The same from a time on, by the server's clock, cut to milliseconds. */
  public <T> Iterable<RecordedEvent<T>> readCategory(
      Tenant tenant, EventCategory<T> category, Instant from) {
    Require.notNull("time", from);
    if (from.isBefore(Instant.EPOCH) || from.isAfter(LATEST)) {
      throw new InvalidValueException("time", from, "must be 1970 to " + LATEST);
    }
    return new CategoryReader<>(place(tenant, category)).from(Long.toString(from.toEpochMilli()));
  }

  /**
   * Deletes the events and the snapshot of an aggregate. What stays: its events in the category,
   * where projections have read them or will (an event that says so, appended before, tells them);
   * and some 100 bytes that remember it. Its id is never used again: appending to it is refused
   * with {@link VersionConflictException#isDeleted()}, so that (id, version) stays unique.
   *
   * <p>A lost reply changes nothing: the call is sent again, and knows its own deletion again.
   *
   * @return whether this call deleted it; false if it was deleted before, or never was
   * @throws VersionConflictException if the aggregate is not as expected
   * @throws dev.tandem.api.error.OutcomeUnknownException if replies were lost several times over; a
   *     further call makes sure of it, and gives false if this one did it
   */
  public boolean delete(
      Tenant tenant, EventCategory<?> category, String aggregateId, ExpectedVersion expected) {
    Place<?> place = place(tenant, category);
    AggregateKeys aggregate = place.keys().aggregate(aggregateId);
    Require.notNull("expected version", expected);
    Appender.Outcome outcome = appender.delete(place, aggregate, newId(), expected.number());
    refuseConflict(place, aggregate, expected, outcome);
    return outcome.kind() == Appender.Kind.DONE;
  }

  /**
   * Saves the state of an aggregate as of a version, in place of an older snapshot. One that is
   * newer is left alone.
   *
   * @param serde writes the state; at most {@link #MOST_BYTES}
   * @return whether it was saved; false if a newer one is there
   * @throws InvalidValueException if the aggregate is not at that version yet, or was deleted
   */
  public <S> boolean saveSnapshot(
      Tenant tenant,
      EventCategory<?> category,
      String aggregateId,
      long version,
      S state,
      Serde<S> serde) {
    Require.inRange("snapshot version", version, 1, GREATEST_VERSION);
    Require.notNull("state", state);
    return snapshots(tenant, category, aggregateId, serde).save(version, state, MOST_BYTES);
  }

  /**
   * The latest snapshot of an aggregate, if there is one.
   *
   * @throws dev.tandem.api.error.SerdeException if it cannot be read
   */
  public <S> Optional<Snapshot<S>> loadSnapshot(
      Tenant tenant, EventCategory<?> category, String aggregateId, Serde<S> serde) {
    return snapshots(tenant, category, aggregateId, serde).load();
  }

  /**
   * The latest snapshot of an aggregate and the events after it. A snapshot that cannot be read is
   * logged and passed over: then the events are all there are.
   */
  public <S, T> LoadedAggregate<S, T> load(
      Tenant tenant, EventCategory<T> category, String aggregateId, Serde<S> serde) {
    Optional<Snapshot<S>> snapshot =
        snapshots(tenant, category, aggregateId, serde).loadIfReadable();
    long from = snapshot.map(Snapshot::version).orElse(0L) + 1;
    return new LoadedAggregate<>(snapshot, read(tenant, category, aggregateId, from));
  }

  private <S> SnapshotStore<S> snapshots(
      Tenant tenant, EventCategory<?> category, String aggregateId, Serde<S> serde) {
    Place<?> place = place(tenant, category);
    return new SnapshotStore<>(
        place, place.keys().aggregate(aggregateId), Require.notNull("serde", serde));
  }

  private <T> AggregateReader<T> aggregate(
      Tenant tenant, EventCategory<T> category, String aggregateId) {
    Place<T> place = place(tenant, category);
    return new AggregateReader<>(place, place.keys().aggregate(aggregateId));
  }

  private <T> Place<T> place(Tenant tenant, EventCategory<T> category) {
    Require.notNull("tenant", tenant);
    Require.notNull("category", category);
    return new Place<>(redis, tenant, category.topic(), keys.events(tenant, category.name()));
  }
}
