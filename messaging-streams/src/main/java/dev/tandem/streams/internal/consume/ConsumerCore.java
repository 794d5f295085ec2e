package dev.tandem.streams.internal.consume;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.internal.DaemonThreads;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.streams.ConsumerStats;
import dev.tandem.streams.DeadLetterReason;
import dev.tandem.streams.HeldDelivery;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.group.Counters;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.LeaseRegistry;
import dev.tandem.streams.internal.group.Membership;
import dev.tandem.streams.internal.group.Renewer;
import dev.tandem.streams.internal.group.Standing;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A consumer: its parts, and how it polls, settles and ends. Safe for use by many threads. */
public final class ConsumerCore implements Standing {
  private static final Logger LOG = LoggerFactory.getLogger(ConsumerCore.class);

  private record Place(Tenant tenant, String topic) {}

  private final ConsumerSettings settings;
  private final KeyLayout keys;
  private final Membership member;
  private final Permits permits;
  private final WaitingLinks links;
  private final Renewer renewer;
  private final Verbs verbs;
  private final Map<Place, Lane> lanes = new ConcurrentHashMap<>();
  private final Map<String, Counters> counters = new ConcurrentHashMap<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile @Nullable Instant lastProof;

  /** A consumer that renews what it holds from now on, unless its caller wants to. */
  public ConsumerCore(ConsumerSettings settings) {
    this.settings = settings;
    this.keys = KeyLayout.of(settings.redis());
    LeaseRegistry registry = new LeaseRegistry(this::roomMade);
    this.member = new Membership(settings.member(), registry, this);
    this.permits = new Permits(settings.maxHeld(), this::held);
    this.links = new WaitingLinks(settings.redis());
    this.renewer = new Renewer(member);
    this.verbs =
        new Verbs(this, new Settling(member), "tandem-consumer-" + settings.group() + "-acks");
    if (settings.autoRenew()) {
      DaemonThreads.named("tandem-consumer-" + settings.group() + "-leases")
          .newThread(renewer)
          .start();
    }
  }

  ConsumerSettings settings() {
    return settings;
  }

  Membership member() {
    return member;
  }

  Verbs verbs() {
    return verbs;
  }

  /** What is to become of a delivery that failed, by the retry policy. */
  Request.Wish afterFailure(Lease lease, String error) {
    RetryPolicy policy = settings.retry();
    int deliveries = (int) Math.min(Integer.MAX_VALUE, lease.deliveries());
    return deliveries >= policy.maxDeliveries()
        ? new Request.Bury(DeadLetterReason.MAX_DELIVERIES, error)
        : new Request.Retry(policy.delayAfter(deliveries, settings.random()));
  }

  Permits permits() {
    return permits;
  }

  WaitingLinks links() {
    return links;
  }

  // Who finds that a lease is lost may never settle the delivery, and it takes no room for ever.
  private int held() {
    LeaseRegistry registry = member.registry();
    if (registry.size() >= settings.maxHeld()) {
      registry.forgetLost();
    }
    return registry.size();
  }

  private void roomMade() {
    permits.changed();
  }

  /** The consumer's name. */
  public String consumer() {
    return settings.consumer();
  }

  /** What it has done. */
  public ConsumerStats stats() {
    Collection<Counters> all = counters.values();
    return new ConsumerStats(
        all.stream().mapToLong(one -> one.acknowledged.sum()).sum(),
        all.stream().mapToLong(one -> one.retried.sum()).sum(),
        all.stream().mapToLong(one -> one.deadLettered.sum()).sum(),
        all.stream().mapToLong(one -> one.redelivered.sum()).sum(),
        all.stream().mapToLong(one -> one.takenOver.sum()).sum(),
        all.stream().mapToLong(one -> one.lost.sum()).sum(),
        all.stream().mapToLong(one -> one.leasesLost.sum()).sum(),
        closed.get() ? 0 : member.registry().size());
  }

  /** Takes up to so many deliveries, and waits up to so long for the first. */
  public <T> List<HeldDelivery<T>> poll(
      Tenant tenant, StreamTopic<T> topic, int most, Duration wait) {
    checkOpen();
    Lane lane = lanes.computeIfAbsent(new Place(tenant, topic.name()), this::lane);
    long deadline = System.nanoTime() + wait.toNanos();
    try {
      if (!lane.turn.tryLock() && !lane.turn.tryLock(wait.toNanos(), TimeUnit.NANOSECONDS)) {
        return List.of();
      }
      try {
        return new Polling<>(this, lane, topic, most, deadline).poll();
      } finally {
        lane.turn.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  private Lane lane(Place place) {
    Counters counted =
        counters.computeIfAbsent(
            place.topic,
            topic -> Counters.ofConsumer(settings.redis().metrics(), topic, settings.group()));
    return new Lane(
        this,
        new GroupStream(
            place.tenant, keys.stream(place.tenant, place.topic).group(settings.group()), counted));
  }

  /** Acknowledges many; those that were not ours any more. */
  public List<HeldDelivery<?>> acknowledge(Collection<? extends HeldDelivery<?>> deliveries) {
    return verbs.acknowledge(deliveries);
  }

  void checkOpen() {
    if (closed.get()) {
      throw new ClosedException("consumer " + settings.consumer() + " is closed");
    }
  }

  /** Waits, or until the consumer is closed. */
  void pause(long nanos) throws InterruptedException {
    ended.await(nanos, TimeUnit.NANOSECONDS);
  }

  /** Hands back what is held, and leaves the groups, within the drain time. */
  public void close() {
    long deadline = System.nanoTime() + settings.drainTimeout().toNanos();
    verbs.close(settings.drainTimeout());
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    ended.countDown();
    links.close();
    Thread leaving =
        DaemonThreads.named("tandem-consumer-" + settings.group() + "-leave")
            .newThread(new Leaving(member, lanes.values(), deadline));
    leaving.start();
    try {
      TimeUnit.NANOSECONDS.timedJoin(leaving, Math.max(1, deadline - System.nanoTime()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    renewer.stop();
  }

  /** Stops at once and hands nothing back. */
  public void closeNow() {
    closed.set(true);
    ended.countDown();
    verbs.close(Duration.ZERO);
    links.close();
    renewer.stop();
  }

  /** How it is doing. */
  public Health health() {
    String group = "group " + settings.group();
    Instant proof = lastProof;
    if (closed.get()) {
      return new Health(Health.Status.DOWN, group + ": the consumer is closed", proof);
    }
    List<Lane> troubled = lanes.values().stream().filter(one -> !one.trouble().isEmpty()).toList();
    if (!troubled.isEmpty()) {
      Lane first = troubled.get(0);
      String more = troubled.size() == 1 ? "" : "; and " + (troubled.size() - 1) + " more streams";
      String detail = first.stream() + ": " + first.trouble() + more;
      return new Health(Health.Status.DEGRADED, detail, proof);
    }
    long stale = settings.autoRenew() ? member.registry().stale(settings.lease()) : 0;
    if (stale > 0) {
      String detail = group + ": " + stale + " deliveries held could not be renewed in time";
      return new Health(Health.Status.DEGRADED, detail, proof);
    }
    return new Health(Health.Status.UP, group + ": polls get through", proof);
  }

  @Override
  public void proven() {
    lastProof = settings.clock().instant();
  }

  @Override
  public void groupMissing(GroupStream stream) {
    feedsOf(stream).forEach(Feed::groupMissing);
  }

  @Override
  public void unaccounted(GroupStream stream) {
    feedsOf(stream).forEach(Feed::unaccounted);
  }

  private Stream<Feed> feedsOf(GroupStream stream) {
    return lanes.values().stream().flatMap(lane -> Stream.ofNullable(lane.feedOf(stream)));
  }

  @Override
  public void fatal(Throwable error) {
    LOG.error("{}: cannot go on", settings.consumer(), error);
    closeNow();
  }
}
