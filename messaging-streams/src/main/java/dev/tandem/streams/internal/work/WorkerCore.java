package dev.tandem.streams.internal.work;

import dev.tandem.api.MessageId;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleListener;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.streams.StoppedStream;
import dev.tandem.streams.TenantSource;
import dev.tandem.streams.WorkerStats;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.GroupView;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.LeaseRegistry;
import dev.tandem.streams.internal.group.Membership;
import dev.tandem.streams.internal.group.Patience;
import dev.tandem.streams.internal.group.Renewer;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A worker: its parts, its state, and how it begins and ends. Safe for use by many threads. */
public final class WorkerCore implements WorkerStanding, Roster.Crew {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerCore.class);

  private final WorkerSettings settings;
  private final Lifecycle lifecycle;
  private final Shared shared;
  private final Threads threads;
  private final Dispatcher dispatcher;
  private final Intake intake;
  private final @Nullable ExecutorService ownExecutor;
  private final Settler settler;
  private final Renewer renewer;
  private final Upkeep upkeep;
  private final Housekeeping housekeeping;
  private final Departure departure;
  private final Roster roster;
  private final Partings partings;
  private final @Nullable Discovery discovery;
  private final Figures figures;
  private final Readers readers;
  private final AtomicBoolean parts = new AtomicBoolean();
  private final ReentrantLock closing = new ReentrantLock();
  private final WorkerVitals vitals;
  private final WorkerState state;

  /** Prepares everything and starts nothing. */
  public WorkerCore(WorkerSettings settings) {
    this.settings = settings;
    this.lifecycle = new Lifecycle("worker " + settings.consumer(), LOG::warn);
    this.threads = new Threads("tandem-worker-" + settings.group());
    this.shared =
        new Shared(
            settings,
            new Membership(settings.member(), new LeaseRegistry(this::roomMade), this),
            this);
    this.settler = new Settler(shared, this::parked);
    this.ownExecutor =
        settings.executor() == null ? threads.pool("handler", settings.concurrency()) : null;
    this.dispatcher = new Dispatcher(shared, ownExecutor, settler::settle);
    this.intake = new Intake(shared, dispatcher, dispatcher::finished, settler::refused);
    this.readers = new Readers(shared, intake, threads);
    this.renewer = new Renewer(shared.member());
    this.upkeep = new Upkeep(shared, intake, dispatcher);
    this.housekeeping = new Housekeeping(shared);
    List<Course<?>> courses = new ArrayList<>();
    for (Binding<?> binding : settings.bindings()) {
      courses.add(Course.of(binding, shared, dispatcher));
    }
    this.roster = new Roster(shared, courses, this);
    this.figures = new Figures(roster);
    this.departure = new Departure(shared, roster);
    this.partings = new Partings(shared, readers, intake, departure, roster::left);
    TenantSource source = settings.tenantSource();
    this.discovery = source == null ? null : new Discovery(shared, source, roster);
    this.vitals = new WorkerVitals(settings, dispatcher, intake, settler, roster, discovery);
    this.state =
        new WorkerState(
            lifecycle,
            settings.consumer(),
            dispatcher::isPaused,
            readers::size,
            vitals::lastTrouble);
    settings.tenants().forEach(tenant -> roster.add(tenant, false));
  }

  @Override
  public void board(Course<?> course, GroupStream stream, Flow flow) {
    dispatcher.bind(stream, course.lines().apply(stream, flow));
    course.gauges().join(stream);
    housekeeping.add(course.topic(), stream);
    readers.add(stream);
    upkeep.add(stream);
  }

  @Override
  public void leave(GroupStream stream) {
    upkeep.remove(stream);
    upkeep.remove(stream.replay());
    housekeeping.remove(stream);
    readers.of(stream.replay(), reader -> reader.remove(stream.replay()));
    readers.of(stream, reader -> reader.remove(stream));
  }

  @Override
  public void gone(Course<?> course, GroupStream stream) {
    dispatcher.unbind(stream);
    course.gauges().leave(stream);
  }

  @Override
  public void parting(Served tenant) {
    tenant.streams().values().forEach(dispatcher::leave);
    if (lifecycle.state() == LifecycleState.CREATED) {
      roster.left(tenant);
      return;
    }
    partings.add(tenant);
    if (parts.compareAndSet(false, true)) {
      threads.start("partings", partings);
    }
  }

  /** Serves a tenant too. */
  public void add(Tenant tenant) {
    checkOpen();
    roster.add(tenant, false);
  }

  /** Serves a tenant no more. */
  public CompletableFuture<Void> remove(Tenant tenant) {
    return lifecycle.state().isFinal()
        ? CompletableFuture.completedFuture(null)
        : roster.remove(tenant);
  }

  /** Whom it serves. */
  public Set<Tenant> tenants() {
    return roster.tenants();
  }

  private void checkOpen() {
    LifecycleState state = lifecycle.state();
    if (state.isFinal() || state == LifecycleState.DRAINING) {
      throw new ClosedException("worker " + settings.consumer());
    }
  }

  private void parked(GroupStream stream, Duration delay) {
    upkeep.dueIn(stream, delay);
  }

  private void roomMade() {
    readers.roomMade();
    upkeep.roomMade();
  }

  /** Starts work; once. */
  public void start() {
    lifecycle.moveTo(LifecycleState.STARTING);
    readers.start();
    threads.start("leases", renewer);
    threads.start("acks", settler);
    threads.start("upkeep", upkeep);
    threads.start("streams", housekeeping);
    dispatcher.start(threads, intake);
    if (discovery != null) {
      threads.start("tenants", discovery);
    }
  }

  /** The present state. */
  public LifecycleState state() {
    return lifecycle.state();
  }

  /** Waits for a state. */
  public boolean awaitState(LifecycleState wanted, Duration timeout) throws InterruptedException {
    return lifecycle.await(wanted, timeout);
  }

  /** Tells of changes of state. */
  public void addListener(LifecycleListener listener) {
    lifecycle.addListener(listener);
  }

  /** The consumer's name. */
  public String consumer() {
    return settings.consumer();
  }

  /** How it is doing. */
  public Health health() {
    return vitals.health(lifecycle.state());
  }

  /** What it has done. */
  public WorkerStats stats() {
    int held = lifecycle.state().isFinal() ? 0 : shared.registry().size();
    return new WorkerStats(
        held,
        dispatcher.stuck(),
        dispatcher.stops().size(),
        figures.streams(),
        figures.latencies());
  }

  /** The streams in strict order that stand still. */
  public List<StoppedStream> stopped() {
    return dispatcher.stops().stream().map(this::stopped).toList();
  }

  private StoppedStream stopped(Stops.Stop stop) {
    Lease lease = stop.attempt().lease();
    return new StoppedStream(
        lease.stream().tenant(),
        roster.topic(lease.stream()),
        MessageId.of(lease.id().toString()),
        stop.why());
  }

  /** Starts no handler and reads nothing any more, until resumed. */
  public void pause() {
    dispatcher.pause();
    state.align();
  }

  /** Goes on after a pause, and with streams that stand still. */
  public void resume() {
    dispatcher.resume();
    state.align();
    roomMade();
  }

  /** Stops in an orderly way, within the drain time. */
  public void close() {
    closing.lock();
    try {
      if (lifecycle.state() == LifecycleState.CREATED
          && lifecycle.tryMoveTo(LifecycleState.STOPPED)) {
        roster.end();
        shutDownPool();
        return;
      }
      if (lifecycle.tryMoveTo(LifecycleState.DRAINING)) {
        drain(System.nanoTime() + settings.drainTimeout().toNanos());
        endAll();
        lifecycle.tryMoveTo(LifecycleState.STOPPED);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closeNow();
    } finally {
      closing.unlock();
    }
  }

  private void drain(long deadline) throws InterruptedException {
    stopTaking();
    dispatcher.stop();
    threads.await("reader", left(deadline));
    threads.await("upkeep", left(deadline));
    threads.await("streams", left(deadline));
    threads.await("partings", left(deadline));
    threads.await("retries", left(deadline));
    threads.start("leave", () -> departure.handBack(new Patience(deadline)));
    boolean idle = dispatcher.awaitIdle(left(deadline));
    boolean settled = settler.drain(left(deadline));
    threads.await("leave", left(deadline));
    if (!idle || !settled) {
      LOG.warn(
          "{}: drain time is over with {} deliveries unfinished; they are delivered again",
          settings.consumer(),
          shared.registry().size());
    }
    threads.start("leave", () -> departure.leave(new Patience(deadline)));
    threads.await("leave", left(deadline));
  }

  private static Duration left(long deadline) {
    return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
  }

  /** Stops without waiting for anything. */
  public void closeNow() {
    lifecycle.tryMoveTo(LifecycleState.DRAINING);
    endAll();
    lifecycle.tryMoveTo(LifecycleState.STOPPED);
  }

  private void stopTaking() {
    readers.stop();
    upkeep.stop();
    housekeeping.stop();
    partings.stop();
    if (discovery != null) {
      discovery.stop();
    }
  }

  private void endAll() {
    stopTaking();
    roster.end();
    dispatcher.abandon();
    settler.stop();
    renewer.stop();
    shutDownPool();
  }

  private void shutDownPool() {
    if (ownExecutor != null) {
      ownExecutor.shutdown();
    }
  }

  @Override
  public void proven() {
    vitals.proven();
  }

  @Override
  public void working(Reader reader) {
    state.working(reader);
  }

  @Override
  public void troubled(Reader reader, Throwable error) {
    vitals.troubled(error);
    dispatcher.distrustClock();
    state.troubled(reader);
  }

  @Override
  public void looked(GroupStream stream, GroupView view) {
    dispatcher.clockTold(view.counts().serverMillis());
    housekeeping.saw(stream, view);
  }

  @Override
  public void replaying(GroupStream source, boolean any) {
    GroupStream replay = source.replay();
    if (source.isLeaving()) {
      return;
    }
    if (any) {
      readers.addBeside(source, replay);
      upkeep.add(replay);
    } else if (shared.registry().of(replay).isEmpty()) {
      upkeep.remove(replay);
      readers.of(replay, reader -> reader.remove(replay));
    }
  }

  @Override
  public void groupMissing(GroupStream stream) {
    readers.of(stream, reader -> reader.groupMissing(stream));
  }

  @Override
  public void unaccounted(GroupStream stream) {
    readers.of(stream, reader -> reader.unaccounted(stream));
  }

  @Override
  public void fatal(Throwable error) {
    vitals.troubled(error);
    if (lifecycle.tryMoveTo(LifecycleState.FAILED)) {
      LOG.error("{}: cannot go on", settings.consumer(), error);
      endAll();
    }
  }
}
