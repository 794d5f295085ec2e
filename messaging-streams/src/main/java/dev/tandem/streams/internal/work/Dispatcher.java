package dev.tandem.streams.internal.work;

import dev.tandem.streams.Ordering;
import dev.tandem.streams.internal.group.Admission;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.ServerClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Brings deliveries to the handlers of their topics, in the order that the worker is to keep. How
 * many may wait is decided by who submits. Safe for use by many threads.
 */
final class Dispatcher {
  private final Shared shared;
  private final WorkerSettings settings;
  private final Slots slots;
  private final Completion completion;
  private final Verdicts verdicts;
  private final ServerClock clock;
  private final Repeats repeats;
  private final Stops stops;
  private final AtomicInteger shelved = new AtomicInteger();
  private final Alarms alarms = new Alarms();
  private final @Nullable Relay relay;
  private final Map<GroupStream, Line> lines = new ConcurrentHashMap<>();

  /**
   * A dispatcher that hands finished deliveries to {@code settle}.
   *
   * @param own runs handlers unless an executor was given
   */
  Dispatcher(Shared shared, @Nullable Executor own, BiConsumer<Lease, Outcome> settle) {
    this.shared = shared;
    this.settings = shared.settings();
    Executor given = settings.executor();
    this.relay = given == null ? null : new Relay(given, settings.concurrency());
    this.slots =
        new Slots(
            settings.concurrency(), settings.mostOfTenant(), required(relay == null ? own : relay));
    this.completion = new Completion(shared, settle, slots::isAbandoned);
    this.clock = new ServerClock(settings.redis()::serverTime, System::nanoTime);
    this.verdicts = new Verdicts(settings.retry(), settings.random(), clock);
    this.repeats = new Repeats(shared, slots, completion);
    this.stops = new Stops(shared.registry());
  }

  private static Executor required(@Nullable Executor executor) {
    if (executor == null) {
      throw new IllegalStateException("no executor");
    }
    return executor;
  }

  /** What makes the lines in which a topic's handler is called; once for each topic. */
  <T> BiFunction<GroupStream, Flow, Line> lines(Binding<T> binding) {
    if (binding instanceof Binding.Batches<T> batches) {
      BatchHandling<T> handling =
          new BatchHandling<>(batches, shared, verdicts, completion, new Stopwatch(clock));
      return (stream, flow) -> new Batcher<>(handling, slots, alarms, flow);
    }
    if (binding instanceof Binding.Each<T> each) {
      Handling<T> handling = new Handling<>(each, shared, verdicts, new Stopwatch(clock));
      return (stream, flow) -> turns(handling, stream, flow);
    }
    throw new IllegalStateException("no such binding: " + binding);
  }

  /** Has deliveries of this stream, and what is replayed from it, come into this line. */
  void bind(GroupStream stream, Line line) {
    lines.put(stream, line);
    lines.put(stream.replay(), line); // one for both, so that they are in one order
  }

  /** What of this stream waits in order for a retry, or stands still, is to wait in Redis. */
  void leave(GroupStream stream) {
    for (GroupStream each : List.of(stream, stream.replay())) {
      stops.release(each).forEach(attempt -> repeats.after(attempt, Duration.ZERO));
      repeats.leave(each);
    }
  }

  /** Nothing more comes of this stream. */
  void unbind(GroupStream stream) {
    lines.remove(stream);
    lines.remove(stream.replay());
  }

  private <T> Turns turns(Handling<T> handling, GroupStream stream, Flow flow) {
    if (settings.ordering() == Ordering.NONE) {
      return new Unordered<>(handling, slots, completion, flow);
    }
    int maxDeliveries = settings.retry().maxDeliveries();
    Lanes.Ways ways = new Lanes.Ways(slots, completion, repeats, stops, shelved, maxDeliveries);
    return new Lanes<>(handling, stream, settings.ordering(), ways, settings.mostInLanes(), flow);
  }

  /** Starts what threads it needs beside those of the handlers. */
  void start(Threads threads, Admission admission) {
    if (relay != null) {
      threads.start("relay", relay);
    }
    if (settings.ordering() != Ordering.NONE) {
      threads.start("retries", () -> repeats.run(admission));
    }
    Duration timeout = settings.handlerTimeout();
    boolean batches = settings.bindings().stream().anyMatch(Binding.Batches.class::isInstance);
    if (timeout != null || batches) {
      threads.start("alarms", alarms);
    }
    if (timeout != null) {
      alarms.in(timeout.toNanos(), () -> failOverdue(timeout));
    }
  }

  private void failOverdue(Duration timeout) {
    long next = timeout.toNanos();
    try {
      next = slots.failOverdue(timeout);
    } finally {
      alarms.in(next, () -> failOverdue(timeout));
    }
  }

  /** Takes deliveries of one stream in this order; after {@link #stop} they are not run. */
  void submit(GroupStream stream, List<Lease> leases) {
    Line line = lines.get(stream);
    if (line == null) {
      throw new IllegalStateException("nothing handles " + stream);
    }
    line.submit(leases);
  }

  /**
   * Starts what may start, and has streams go on that stand still at what is not ours any more; to
   * be called now and then.
   */
  void pump() {
    slots.nudge();
    stops.releaseLost().forEach(attempt -> repeats.after(attempt, Duration.ZERO));
  }

  /** Starts no handler any more until {@link #resume}. */
  void pause() {
    slots.pause();
  }

  /** Goes on after a pause, and with streams that stand still. */
  void resume() {
    slots.resume();
    repeats.resumed();
    stops.release().forEach(attempt -> repeats.after(attempt, Duration.ZERO));
  }

  boolean isPaused() {
    return slots.isPaused();
  }

  /** Runs nothing more; what waits for a retry in order waits for it in Redis. */
  void stop() {
    slots.stop();
    repeats.stop();
    stops.release().forEach(attempt -> repeats.after(attempt, Duration.ZERO));
  }

  /** Waits until no handler runs; false if the time is up, or they are abandoned. */
  boolean awaitIdle(Duration timeout) throws InterruptedException {
    return slots.awaitIdle(timeout);
  }

  /** Interrupts the handlers that run; their outcome does not count any more. */
  void abandon() {
    slots.abandon();
    repeats.stop();
    alarms.stop();
    if (relay != null) {
      relay.stop();
    }
  }

  /** There was trouble with the server: it may be another one now. */
  void distrustClock() {
    clock.distrust();
  }

  /** The server's clock showed this a moment ago. */
  void clockTold(long serverMillis) {
    clock.told(serverMillis);
  }

  /** How many deliveries wait in streams that are not read for now. */
  int shelved() {
    return shelved.get();
  }

  /** Finds out by how many handlers have finished whether they have come to a stop. */
  Stall stall(LongSupplier finished) {
    return new Stall(slots, settings.concurrency(), finished, System.nanoTime());
  }

  /** How many handlers have come to an end. */
  long finished() {
    return completion.finished();
  }

  /** How many handlers run whose time is up. */
  int stuck() {
    return slots.stuck();
  }

  /** Where streams in strict order stand still. */
  List<Stops.Stop> stops() {
    return stops.all();
  }
}
