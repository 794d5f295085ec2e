package dev.tandem.streams.internal.work;

import dev.tandem.api.MessageId;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleListener;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.streams.StoppedStream;
import dev.tandem.streams.WorkerStats;
import dev.tandem.streams.internal.group.Counters;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.GroupView;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.LeaseRegistry;
import dev.tandem.streams.internal.group.Membership;
import dev.tandem.streams.internal.group.Renewer;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A worker: its parts, its state, and how it begins and ends. Safe for use by many threads. */
public final class WorkerCore implements WorkerStanding {
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
  private final List<GroupGauges> gauges = new ArrayList<>();
  private final List<GroupStream> streams = new ArrayList<>();
  private final Figures figures = new Figures();
  private final Map<GroupStream, String> topics = new HashMap<>();
  private final List<Reader> readers = new ArrayList<>();
  private final Set<Reader> troubled = ConcurrentHashMap.newKeySet();
  private final Set<Reader> atWork = ConcurrentHashMap.newKeySet();
  private final ReentrantLock closing = new ReentrantLock();
  private final WorkerVitals vitals;

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
    KeyLayout keys = KeyLayout.of(settings.redis());
    this.settler = new Settler(shared, this::parked);
    this.ownExecutor =
        settings.executor() == null ? threads.pool("handler", settings.concurrency()) : null;
    this.dispatcher = new Dispatcher(shared, ownExecutor, settler::settle);
    settings.bindings().forEach(binding -> bind(binding, keys));
    this.intake = new Intake(shared, dispatcher, figures::finished, settler::refused);
    this.vitals = new WorkerVitals(settings, dispatcher, intake, settler, streams);
    this.renewer = new Renewer(shared.member());
    this.upkeep = new Upkeep(shared, intake, dispatcher, streams);
    this.housekeeping = new Housekeeping(shared, streams);
    this.departure = new Departure(shared, List.copyOf(topics.keySet()));
    if (settings.redis().isCluster()) {
      streams.forEach(stream -> readers.add(new Reader(shared, intake, List.of(stream))));
    } else {
      readers.add(new Reader(shared, intake, streams));
    }
  }

  private void bind(Binding<?> binding, KeyLayout keys) {
    String topic = binding.topic().name();
    List<GroupStream> bound = new ArrayList<>();
    for (Tenant tenant : settings.tenants()) {
      Counters counted = new Counters(settings.redis().metrics(), topic, settings.group());
      GroupStream stream =
          new GroupStream(tenant, keys.stream(tenant, topic).group(settings.group()), counted);
      figures.add(topic, stream);
      bound.add(stream);
    }
    List<GroupStream> all = new ArrayList<>(bound);
    bound.forEach(stream -> all.add(stream.replay()));
    dispatcher.bind(binding.joining(shared.member()), bound);
    all.forEach(stream -> topics.put(stream, topic));
    streams.addAll(bound);
    gauges.add(new GroupGauges(settings.redis().metrics(), topic, settings.group(), bound));
  }

  private void parked(GroupStream stream, Duration delay) {
    upkeep.dueIn(stream, delay);
  }

  private void roomMade() {
    readers.forEach(Reader::roomMade);
    upkeep.roomMade();
  }

  /** Starts work; once. */
  public void start() {
    lifecycle.moveTo(LifecycleState.STARTING);
    gauges.forEach(GroupGauges::join);
    readers.forEach(reader -> threads.start("reader", reader));
    threads.start("leases", renewer);
    threads.start("acks", settler);
    threads.start("upkeep", upkeep);
    threads.start("streams", housekeeping);
    dispatcher.start(threads, intake);
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
        topics.getOrDefault(lease.stream(), ""),
        MessageId.of(lease.id().toString()),
        stop.why());
  }

  /** Starts no handler and reads nothing any more, until resumed. */
  public void pause() {
    dispatcher.pause();
    align();
  }

  /** Goes on after a pause, and with streams that stand still. */
  public void resume() {
    dispatcher.resume();
    align();
    roomMade();
  }

  /** Stops in an orderly way, within the drain time. */
  public void close() {
    closing.lock();
    try {
      if (lifecycle.state() == LifecycleState.CREATED
          && lifecycle.tryMoveTo(LifecycleState.STOPPED)) {
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
    readers.forEach(Reader::stop);
    upkeep.stop();
    housekeeping.stop();
    dispatcher.stop();
    threads.await("reader", left(deadline));
    threads.await("upkeep", left(deadline));
    threads.await("streams", left(deadline));
    threads.await("retries", left(deadline));
    threads.start("leave", departure::handBack);
    boolean idle = dispatcher.awaitIdle(left(deadline));
    boolean settled = settler.drain(left(deadline));
    threads.await("leave", left(deadline));
    if (!idle || !settled) {
      LOG.warn(
          "{}: drain time is over with {} deliveries unfinished; they are delivered again",
          settings.consumer(),
          shared.registry().size());
    }
    threads.start("leave", departure::leave);
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

  private void endAll() {
    readers.forEach(Reader::stop);
    upkeep.stop();
    housekeeping.stop();
    gauges.forEach(GroupGauges::leave);
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
    troubled.remove(reader);
    atWork.add(reader);
    align();
  }

  @Override
  public void troubled(Reader reader, Throwable error) {
    vitals.troubled(error);
    troubled.add(reader);
    dispatcher.distrustClock();
    align();
  }

  // Who changes what the state follows from brings the state in line afterwards. Two at a time may
  // take turns at it, but the last one to move it finds that it is right.
  private void align() {
    LifecycleState state = lifecycle.state();
    LifecycleState right = rightAfter(state);
    while (right != state && lifecycle.tryMoveTo(right)) {
      if (right == LifecycleState.RECOVERING) {
        LOG.warn("{}: recovering: {}", settings.consumer(), vitals.lastTrouble());
      } else if (state == LifecycleState.RECOVERING && right == LifecycleState.RUNNING) {
        LOG.info("{}: at work again", settings.consumer());
      }
      state = lifecycle.state();
      right = rightAfter(state);
    }
  }

  private LifecycleState rightAfter(LifecycleState state) {
    boolean starting = state == LifecycleState.STARTING;
    if (dispatcher.isPaused() && !starting) {
      return LifecycleState.PAUSED;
    }
    if (!troubled.isEmpty()) {
      return LifecycleState.RECOVERING;
    }
    return atWork.size() == readers.size() || state == LifecycleState.PAUSED
        ? LifecycleState.RUNNING
        : state;
  }

  @Override
  public void looked(GroupStream stream, GroupView view) {
    dispatcher.clockTold(view.counts().serverMillis());
    housekeeping.saw(stream, view);
  }

  @Override
  public void replaying(GroupStream source, boolean any) {
    GroupStream replay = source.replay();
    if (any) {
      readers.stream().filter(reader -> reader.reads(source)).forEach(r -> r.add(replay));
      upkeep.add(replay);
    } else if (shared.registry().of(replay).isEmpty()) {
      upkeep.remove(replay);
      readers.stream().filter(reader -> reader.reads(replay)).forEach(r -> r.remove(replay));
    }
  }

  @Override
  public void groupMissing(GroupStream stream) {
    readers.stream().filter(reader -> reader.reads(stream)).forEach(r -> r.groupMissing(stream));
  }

  @Override
  public void unaccounted(GroupStream stream) {
    readers.stream().filter(reader -> reader.reads(stream)).forEach(r -> r.unaccounted(stream));
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
