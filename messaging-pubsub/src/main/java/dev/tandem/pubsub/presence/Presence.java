package dev.tandem.pubsub.presence;

import dev.tandem.api.Gap;
import dev.tandem.api.Headers;
import dev.tandem.api.Message;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.internal.Require;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.pubsub.internal.Ticker;
import dev.tandem.pubsub.internal.subscribe.Denial;
import dev.tandem.redis.metrics.Tally;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which instances are there: each announces itself ({@code server_started}), sends heartbeats, and
 * says when it stops ({@code server_stopped}).
 *
 * <p><b>Guarantee.</b> As long as this instance hears its own heartbeats, it knows
 *
 * <ul>
 *   <li>one that starts: as soon as its announcement arrives, one heartbeat later if that is lost;
 *   <li>those that were there before it: they answer its announcement ({@link #ready()}), else with
 *       their next heartbeat;
 *   <li>one that was closed: at once;
 *   <li>one that was killed or is cut off: after {@link PresenceBuilder#missed} heartbeats, of it
 *       or of us, whichever are rarer, and one of ours (4 × 2 s + 2 s unless said otherwise).
 * </ul>
 *
 * <p>While it does not hear itself ({@link #isListening()}), it keeps what it knows, tells nothing,
 * and gives everybody the full time afterwards: a lost connection of this instance, a pause, or a
 * Redis that is away make nobody appear lost. Clocks of other machines play no part. This is a
 * view, not an agreement: two instances may see different members for a while, and a member may be
 * gone already. Do not elect leaders by it.
 *
 * <p>Thread safety: safe for use by many threads. Close it before its bus.
 */
public final class Presence implements AutoCloseable {
  /** How long {@link #close} waits for Redis to take the farewell: 2 s. */
  public static final Duration FAREWELL = Duration.ofSeconds(2);

  private static final Logger LOG = LoggerFactory.getLogger(Presence.class);
  private static final int MAX_RUN = 64;
  private static final int ANSWERS_A_HEARTBEAT = 20;

  private final LiveBus bus;
  private final Tenant tenant;
  private final Channel<Beat> channel;
  private final Headers metadata;
  private final Duration heartbeat;
  private final LongSupplier nanoTime;
  private final Member self;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CopyOnWriteArrayList<PresenceListener> listeners;
  private final Tally members;
  private final Tally joined;
  private final Tally left;
  private final Tally lost;
  private final Tally ignored;
  private final Subscription subscription;
  private final Ticker ticker;
  private final AtomicBoolean beating = new AtomicBoolean();
  private final AtomicBoolean answering = new AtomicBoolean();
  private volatile boolean announced;
  private final AtomicBoolean closed = new AtomicBoolean();

  private final ReentrantLock lock = new ReentrantLock();
  private final MemberTable table;

  Presence(PresenceBuilder chosen) {
    bus = chosen.bus;
    tenant = chosen.tenant;
    channel = chosen.channel;
    metadata = chosen.metadata;
    heartbeat = chosen.heartbeat;
    nanoTime = chosen.nanoTime;
    listeners = new CopyOnWriteArrayList<>(chosen.listeners);
    self = new Member(bus.instanceId(), UUID.randomUUID().toString(), metadata.asMap());
    table = new MemberTable(self, heartbeat, chosen.missed, chosen.maxMembers);
    members = tally("members");
    joined = tally("joined");
    left = tally("left");
    lost = tally("lost");
    ignored = tally("ignored");
    ticker = new Ticker("tandem-presence-" + bus.instanceId()); // what is heard may need it at once
    subscription = bus.subscribe(tenant, channel, SubscribeOptions.fromNow(), new Ear());
    members.add(1);
    var unused = subscription.active().whenComplete((active, error) -> begin(error));
  }

  /** Also where it may not listen yet: the right may come. */
  private void begin(@Nullable Throwable error) {
    Throwable denial = Denial.in(error);
    if (denial != null) {
      ready.completeExceptionally(denial);
    }
    if (error == null || denial != null) {
      ticker.every(heartbeat, this::beat);
    }
  }

  private Tally tally(String name) {
    return new Tally(bus.metrics().counter("tandem.pubsub.presence." + name));
  }

  /**
   * The options of a presence.
   *
   * @param channel what all instances share that are to know each other
   * @throws InvalidValueException if the name breaks the rule of {@link dev.tandem.tenant.Names}
   */
  public static PresenceBuilder builder(LiveBus bus, Tenant tenant, String channel) {
    return new PresenceBuilder(bus, tenant, channel);
  }

  /**
   * Completes a heartbeat after the announcement came back: those that were there have answered by
   * then, unless they are very busy. Completed on a delivery thread; fails if this is closed
   * before, or as {@link Subscription#active()} does when the user may not read the channel.
   */
  public CompletableFuture<Void> ready() {
    return ready.copy();
  }

  /** This instance, as the others see it. */
  public Member self() {
    return self;
  }

  /** Those that are there as far as is known: this instance first; empty once closed. */
  public List<Member> members() {
    if (closed.get()) {
      return List.of();
    }
    lock.lock();
    try {
      return table.members();
    } finally {
      lock.unlock();
    }
  }

  /** Whether our own heartbeats come back, so that {@link #members()} can be believed. */
  public boolean isListening() {
    lock.lock();
    try {
      return !closed.get() && table.isListening(nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  /** Tells of changes of {@link #members()} from now on. */
  public void addListener(PresenceListener listener) {
    listeners.add(Require.notNull("listener", listener));
  }

  /** Ends the calls of a listener; does nothing if there were none. */
  public void removeListener(PresenceListener listener) {
    listeners.remove(Require.notNull("listener", listener));
  }

  /** What it has noticed so far. */
  public PresenceStats stats() {
    return new PresenceStats(members().size(), joined.sum(), left.sum(), lost.sum(), ignored.sum());
  }

  private CompletableFuture<PublishReceipt> send(String type) {
    Beat beat = new Beat(self.run(), heartbeat.toMillis());
    return bus.publishAsync(tenant, channel, Message.of(type, beat).headers(metadata));
  }

  /** Sends one heartbeat, unless the one before is still under way. */
  private void beat() {
    if (closed.get() || !beating.compareAndSet(false, true)) {
      return;
    }
    boolean first = !announced;
    try {
      var unused =
          send(first ? Beat.STARTED : Beat.HEARTBEAT)
              .whenComplete(
                  (receipt, error) -> {
                    announced |= error == null;
                    beating.set(false);
                    if (error != null) {
                      LOG.debug("heartbeat was not sent: {}", error.getMessage());
                    }
                  });
    } catch (MessagingException e) {
      beating.set(false);
      LOG.debug("heartbeat was not sent: {}", e.getMessage());
    }
  }

  /** Answers all that have just started, by one heartbeat and long before their next. */
  private void answer(long theirMillis) {
    long within = Math.max(1, Math.min(theirMillis, heartbeat.toMillis()));
    if (answering.compareAndSet(false, true)) {
      ticker.later(
          Duration.ofMillis(within).dividedBy(ANSWERS_A_HEARTBEAT),
          () -> {
            answering.set(false);
            beat();
          });
    }
  }

  /**
   * Says that this instance stops, waiting for Redis up to {@link #FAREWELL}; if that fails, the
   * others notice by the missing heartbeats. No call of a listener begins any more, one that runs
   * goes on. Repeated calls do nothing.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    lock.lock();
    try {
      members.add(-members.sum());
    } finally {
      lock.unlock();
    }
    ticker.close();
    subscription.close();
    try {
      var unused = send(Beat.STOPPED).get(FAREWELL.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException | MessagingException e) {
      LOG.debug("the farewell was not sent: {}", e.toString());
    }
    ready.completeExceptionally(
        new ClosedException("presence is closed", tenant.name(), channel.name()));
  }

  @Override
  public String toString() {
    return "Presence[" + channel.name() + ", " + self.instanceId() + "]";
  }

  /** Hears the others, and ourselves. */
  private final class Ear implements LiveListener<Beat> {
    @Override
    public void onMessage(LiveMessage<Beat> message) {
      List<MemberTable.Change> changes;
      try {
        changes = heard(message);
      } catch (InvalidValueException | SerdeException e) {
        ignored.add(1);
        LOG.debug("ignored {}: {}", message, e.getMessage());
        return;
      }
      changes.forEach(this::tell);
    }

    private List<MemberTable.Change> heard(LiveMessage<Beat> message) {
      Beat beat = message.payload();
      String run = Require.text("run", beat.run(), 1, MAX_RUN);
      Member member = new Member(message.instanceId(), run, message.headers().asMap());
      Require.inRange(
          "size of metadata",
          PresenceBuilder.size(member.metadata()),
          0,
          PresenceBuilder.MAX_METADATA);
      boolean own = run.equals(self.run());
      if (own && message.type().equals(Beat.HEARTBEAT)) {
        ready.complete(null);
      } else if (!own && message.type().equals(Beat.STARTED)) {
        answer(beat.intervalMillis());
      }
      long now = nanoTime.getAsLong();
      lock.lock();
      try {
        if (own) {
          return table.echoed(now);
        }
        return switch (message.type()) {
          case Beat.STARTED -> table.started(member, beat.intervalMillis(), now);
          case Beat.HEARTBEAT -> table.beaten(member, beat.intervalMillis(), now);
          case Beat.STOPPED -> table.stopped(member);
          default -> List.of();
        };
      } finally {
        lock.unlock();
      }
    }

    private void tell(MemberTable.Change change) {
      Tally tally =
          switch (change.kind()) {
            case JOINED -> joined;
            case LEFT -> left;
            case LOST -> lost;
          };
      if (!count(tally, change.kind())) {
        return;
      }
      for (PresenceListener listener : listeners) {
        if (closed.get()) {
          return;
        }
        try {
          tell(listener, change);
        } catch (Throwable e) { // also errors: the other listeners are to be called
          LOG.error("a listener failed on {}", change, e);
        }
      }
    }

    /** False if nothing counts any more. */
    private boolean count(Tally tally, MemberTable.Kind kind) {
      lock.lock();
      try {
        if (closed.get()) {
          return false;
        }
        tally.add(1);
        members.add(kind == MemberTable.Kind.JOINED ? 1 : -1);
        return true;
      } finally {
        lock.unlock();
      }
    }

    private void tell(PresenceListener listener, MemberTable.Change change) {
      switch (change.kind()) {
        case JOINED -> listener.onJoined(change.member());
        case LEFT -> listener.onLeft(change.member());
        case LOST -> listener.onLost(change.member());
      }
    }

    @Override
    public void onGap(Gap gap) {}
  }
}
