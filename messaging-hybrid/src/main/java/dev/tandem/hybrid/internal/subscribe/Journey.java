package dev.tandem.hybrid.internal.subscribe;

import dev.tandem.api.Position;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.internal.Located;
import dev.tandem.hybrid.HybridSubscribeOptions;
import dev.tandem.hybrid.HybridSubscription;
import dev.tandem.hybrid.HybridSubscriptionStats;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.tenant.Tenant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One hybrid subscription: hands its course from the one side to the other. */
public final class Journey<T> implements HybridSubscription {
  /** The buffer is served from as far as it reaches; this is the most that one may hold. */
  private static final int WHOLE_BUFFER = 1_000_000;

  private final LiveBus bus;
  private final Tenant tenant;
  private final Channel<T> channel;
  private final String topic;
  private final CatchUpThreads threads;
  private final StreamSide<T> stream;
  private final Outlet<T> outlet;
  private final Course<T> course;
  private final boolean hasPlace;
  private final Consumer<Journey<?>> onClose;
  private final CompletableFuture<Void> active = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable LiveLeg<T> leg;
  private boolean live;
  private boolean closed;
  private volatile @Nullable Throwable trouble;

  /**
   * A subscription that has not begun.
   *
   * @param hasPlace whether it is counted among its tenant's subscriptions, until it ends
   * @param onClose is told when it ends
   */
  public Journey(
      RedisConnection redis,
      LiveBus bus,
      CatchUpThreads threads,
      Metrics metrics,
      Tenant tenant,
      StreamTopic<T> topic,
      Channel<T> channel,
      HybridSubscribeOptions options,
      LiveListener<T> listener,
      boolean hasPlace,
      Consumer<Journey<?>> onClose) {
    this.bus = bus;
    this.threads = threads;
    this.tenant = tenant;
    this.channel = channel;
    this.topic = topic.name();
    this.hasPlace = hasPlace;
    this.onClose = onClose;
    this.stream = new StreamSide<>(redis, threads.pages(), tenant, topic, channel.name());
    this.outlet = new Outlet<>(listener, options, metrics);
    this.course = new Course<>(channel.name(), outlet);
  }

  /** Whether it is counted among its tenant's subscriptions, on the channel or not. */
  boolean hasPlace() {
    return hasPlace;
  }

  /** Begins as these options say. */
  public void begin(HybridSubscribeOptions options) {
    Position position = options.startPosition();
    if (position != null) {
      course.beginAt(Place.of(position));
      goLiveFrom(position);
    } else if (options.startId() != null) {
      EntryId id = EntryId.parse(options.startId().value());
      threads.run(new Beginning<>(course, stream, this, id));
    } else {
      goLive(SubscribeOptions.fromNow(), null, () -> {});
    }
  }

  /** The channel is to go on after this position. */
  void goLiveFrom(Position position) {
    goLive(SubscribeOptions.from(position), null, () -> {});
  }

  /** The channel is to begin with its oldest, unless the stream, which has this, has older. */
  void goLiveFromOldest(ChannelEntry oldestInStream) {
    goLive(
        SubscribeOptions.fromBeginning(),
        Place.before(oldestInStream.at()),
        () -> catchUp(oldestInStream.id(), null));
  }

  /**
   * The channel is to begin with its oldest, of which the stream had nothing when the channel stood
   * here. If it begins later, the stream may have what lies between: then it is asked again.
   */
  void goLiveFromOldest(Position head, CatchUpThreads.Steps askAgain) {
    goLive(
        SubscribeOptions.fromBeginning(),
        head,
        () -> {
          if (letGo()) {
            threads.run(askAgain);
          }
        });
  }

  private void goLive(SubscribeOptions options, @Nullable Position latest, Runnable tooLate) {
    trouble = null;
    LiveLeg<T> next = new LiveLeg<>(course, this, latest, tooLate);
    lock.lock();
    try {
      if (closed) {
        return;
      }
      leg = next;
      live = true;
    } finally {
      lock.unlock();
    }
    try {
      next.opened(bus.subscribe(tenant, channel, options.maxReplay(WHOLE_BUFFER), next));
    } catch (RuntimeException e) {
      letGo();
      throw e;
    }
  }

  /** The live leg is in force. */
  void settled(LiveLeg<T> settled) {
    if (isPresent(settled)) {
      active.complete(null);
    }
  }

  /** The live leg is not in force, for this reason; it may be later. */
  void failed(LiveLeg<T> failed, Throwable error) {
    if (isPresent(failed)) {
      tellIfDenied(error, channel.name());
    }
  }

  private boolean isPresent(LiveLeg<T> some) {
    lock.lock();
    try {
      return leg == some;
    } finally {
      lock.unlock();
    }
  }

  private void tellIfDenied(@Nullable Throwable error, String destination) {
    Throwable cause = error instanceof CompletionException ? error.getCause() : error;
    if (cause instanceof MessagingException why && why.code() == ErrorCode.ACCESS_DENIED) {
      active.completeExceptionally(Located.at(why, tenant.name(), destination));
    }
  }

  /** The channel cannot go on: the stream is to. */
  void refused() {
    catchUp(null, null);
  }

  /** The stream is to go on behind this id. */
  void catchUpAfter(EntryId id) {
    catchUp(id.next(), id);
  }

  private void catchUp(@Nullable EntryId from, @Nullable EntryId after) {
    if (letGo()) {
      outlet.catchUp();
      threads.run(new CatchUp<>(course, stream, this, from, after));
    }
  }

  /** It is not on the channel any more; false if it is closed. */
  private boolean letGo() {
    lock.lock();
    try {
      leg = null;
      live = false;
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  /** Where the channel stands now; asks Redis. */
  Position head() {
    return bus.currentPosition(tenant, channel);
  }

  /** It cannot go on, and tries again; or null: it can. */
  void trouble(@Nullable Throwable error) {
    trouble = error;
    tellIfDenied(error, topic);
  }

  /** Why it cannot go on now, or null if nothing is wrong. */
  public @Nullable Throwable trouble() {
    return isClosed() ? null : trouble;
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public CompletableFuture<Void> active() {
    return active.copy();
  }

  @Override
  public CompletableFuture<Void> ended() {
    return ended.copy();
  }

  @Override
  public @Nullable Position position() {
    return course.at();
  }

  @Override
  public HybridSubscriptionStats stats() {
    boolean now;
    lock.lock();
    try {
      now = live;
    } finally {
      lock.unlock();
    }
    return outlet.stats(now);
  }

  @Override
  public void close() {
    if (stop()) {
      active.completeExceptionally(new ClosedException("the subscription is closed"));
      ended.complete(null);
    }
  }

  /** Ends it for this reason, which is not that somebody wanted it to end. */
  public void end(ClosedException why) {
    if (stop()) {
      active.completeExceptionally(why);
      ended.completeExceptionally(why);
    }
  }

  private boolean stop() {
    LiveLeg<T> last;
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      closed = true;
      live = false;
      last = leg;
      leg = null;
    } finally {
      lock.unlock();
    }
    outlet.close();
    if (last != null) {
      last.end();
    }
    onClose.accept(this);
    return true;
  }

  @Override
  public String toString() {
    return "HybridSubscription[" + tenant.name() + ", " + channel.name() + ", " + position() + "]";
  }
}
