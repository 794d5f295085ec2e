package dev.tandem.streams.internal.work;

import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleListener;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.streams.WorkerStats;
import dev.tandem.streams.internal.group.Counters;
import dev.tandem.streams.internal.group.GroupCommands;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.LeaseRegistry;
import dev.tandem.streams.internal.group.Membership;
import dev.tandem.streams.internal.group.Renewer;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A worker: its parts, its state, and how it begins and ends. Safe for use by many threads. */
public final class WorkerCore implements WorkerStanding {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerCore.class);
  private static final Duration QUIET = Duration.ofSeconds(30);

  private final WorkerSettings settings;
  private final Lifecycle lifecycle;
  private final Shared shared;
  private final Threads threads;
  private final Dispatcher dispatcher;
  private final @Nullable ExecutorService ownExecutor;
  private final Settler settler;
  private final Renewer renewer;
  private final Upkeep upkeep;
  private final Departure departure;
  private final List<GroupStream> streams = new ArrayList<>();
  private final List<Counters> counters = new ArrayList<>();
  private final Map<GroupStream, Handling<?>> handlings = new HashMap<>();
  private final List<Reader> readers = new ArrayList<>();
  private final Set<Reader> troubled = ConcurrentHashMap.newKeySet();
  private final Set<Reader> atWork = ConcurrentHashMap.newKeySet();
  private final ReentrantLock closing = new ReentrantLock();
  private volatile @Nullable Instant lastProof;
  private volatile String lastTrouble = "";

  /** Prepares everything and starts nothing. */
  public WorkerCore(WorkerSettings settings) {
    this.settings = settings;
    this.lifecycle = new Lifecycle("worker " + settings.consumer(), LOG::warn);
    this.threads = new Threads("tandem-worker-" + settings.group());
    this.shared =
        new Shared(
            settings,
            new Membership(
                settings.member(),
                new GroupCommands(settings.consumer()),
                new LeaseRegistry(this::roomMade),
                this),
            this);
    KeyLayout keys = KeyLayout.of(settings.redis());
    this.settler = new Settler(shared, this::parked);
    settings.bindings().forEach(binding -> bind(binding, keys));
    Executor given = settings.executor();
    this.ownExecutor = given == null ? threads.pool("handler", settings.concurrency()) : null;
    this.dispatcher =
        new Dispatcher(
            settings.concurrency(), given == null ? required(ownExecutor) : given, this::handle);
    Intake intake = new Intake(shared, dispatcher);
    this.renewer = new Renewer(shared.member());
    this.upkeep = new Upkeep(shared, intake, dispatcher, streams);
    this.departure = new Departure(shared, streams);
    if (settings.redis().isCluster()) {
      streams.forEach(stream -> readers.add(new Reader(shared, intake, List.of(stream))));
    } else {
      readers.add(new Reader(shared, intake, streams));
    }
  }

  private void bind(Binding<?> binding, KeyLayout keys) {
    String topic = binding.topic().name();
    Counters counted = new Counters(settings.redis().metrics(), topic, settings.group());
    Handling<?> handling =
        new Handling<>(binding, shared, settler::settle, () -> dispatcher().isAbandoned());
    counters.add(counted);
    for (Tenant tenant : settings.tenants()) {
      GroupStream stream =
          new GroupStream(tenant, keys.stream(tenant, topic).group(settings.group()), counted);
      streams.add(stream);
      handlings.put(stream, handling);
    }
  }

  private void handle(Lease lease) {
    handlings.get(lease.stream()).accept(lease);
  }

  private Dispatcher dispatcher() {
    return dispatcher;
  }

  private static <R> R required(@Nullable R value) {
    if (value == null) {
      throw new IllegalStateException("no executor");
    }
    return value;
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
    readers.forEach(reader -> threads.start("reader", reader));
    threads.start("leases", renewer);
    threads.start("acks", settler);
    threads.start("upkeep", upkeep);
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
    LifecycleState state = lifecycle.state();
    Instant proof = lastProof;
    String group = "group " + settings.group() + " of " + settings.topics();
    return switch (state) {
      case RUNNING -> {
        Duration quiet = settings.lease().compareTo(QUIET) > 0 ? settings.lease() : QUIET;
        boolean heard = proof != null && proof.plus(quiet).isAfter(settings.clock().instant());
        yield heard
            ? new Health(Health.Status.UP, group + " is at work", proof)
            : new Health(Health.Status.DEGRADED, group + " has heard nothing of Redis", proof);
      }
      case STARTING, RECOVERING, PAUSED, DRAINING ->
          new Health(Health.Status.DEGRADED, group + " is " + state + describe(lastTrouble), proof);
      case CREATED, STOPPED, FAILED ->
          new Health(Health.Status.DOWN, group + " is " + state + describe(lastTrouble), proof);
    };
  }

  private static String describe(String trouble) {
    return trouble.isEmpty() ? "" : "; last trouble: " + trouble;
  }

  /** What it has done. */
  public WorkerStats stats() {
    int held = lifecycle.state().isFinal() ? 0 : shared.registry().size();
    return Counters.stats(counters, held);
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
    dispatcher.stop();
    threads.await("reader", left(deadline));
    threads.await("upkeep", left(deadline));
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
    lastProof = settings.clock().instant();
  }

  @Override
  public void working(Reader reader) {
    troubled.remove(reader);
    atWork.add(reader);
    if (atWork.size() == readers.size() && troubled.isEmpty()) {
      LifecycleState before = lifecycle.state();
      if (before != LifecycleState.RUNNING
          && lifecycle.tryMoveTo(LifecycleState.RUNNING)
          && before == LifecycleState.RECOVERING) {
        LOG.info("{}: at work again", settings.consumer());
      }
    }
  }

  @Override
  public void troubled(Reader reader, Throwable error) {
    lastTrouble = String.valueOf(error.getMessage());
    troubled.add(reader);
    if (lifecycle.state() != LifecycleState.RECOVERING
        && lifecycle.tryMoveTo(LifecycleState.RECOVERING)) {
      LOG.warn("{}: recovering: {}", settings.consumer(), lastTrouble);
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
    lastTrouble = String.valueOf(error.getMessage());
    if (lifecycle.tryMoveTo(LifecycleState.FAILED)) {
      LOG.error("{}: cannot go on", settings.consumer(), error);
      endAll();
    }
  }
}
