package dev.tandem.pubsub;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import dev.tandem.api.Positions;
import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Follows one channel, or several in one subscription. When it is disconnected for being too slow
 * it subscribes again from where it was told, so that what holds for one subscription must hold for
 * all of them together.
 */
final class Follower {
  /** How a listener behaves. */
  enum Manner {
    QUICK,
    SLOW,
    BLOCKING,
    THROWING
  }

  private final LiveBus bus;
  private final Tenant tenant;
  private final Map<String, ModelledChannel> channels = new LinkedHashMap<>();
  private final Map<String, Witness> witnesses = new LinkedHashMap<>();
  private final Manner manner;
  private final boolean byPattern;
  private final SubscribeOptions options;
  private Ear ear = new Ear();
  private MultiSubscription current;
  private long mostQueued;
  private int disconnected;

  /**
   * Subscribes.
   *
   * @param byPattern whether to all channels of the tenant, which these are
   */
  Follower(
      LiveBus bus,
      Tenant tenant,
      List<ModelledChannel> followed,
      boolean byPattern,
      Manner manner,
      SubscribeOptions options) {
    this.byPattern = byPattern;
    this.bus = bus;
    this.tenant = tenant;
    this.manner = manner;
    this.options = options;
    for (ModelledChannel channel : followed) {
      channels.put(channel.name(), channel);
      SubscribeOptions only = options.forChannel(channel.name());
      witnesses.put(
          channel.name(),
          switch (options.slowConsumerPolicy()) {
            case REPAIR, DISCONNECT -> new WitnessOfAll(channel.model(), only);
            case NEWEST_PER_KEY, NEWEST_ONLY -> new WitnessOfNewest(channel.model(), only);
          });
    }
    this.current = subscribe(options);
    tellWhenActive(List.copyOf(witnesses.values()));
  }

  private void tellWhenActive(List<Witness> some) {
    var unused =
        current
            .active()
            .whenComplete(
                (nothing, error) -> {
                  if (error == null) {
                    some.forEach(Witness::active);
                  }
                });
  }

  private MultiSubscription subscribe(SubscribeOptions from) {
    List<Channel<String>> all = channels.values().stream().map(ModelledChannel::channel).toList();
    if (byPattern) {
      return bus.subscribe(tenant, ChannelPattern.of("*", all.get(0)), from, ear);
    }
    if (all.size() > 1) {
      return bus.subscribe(tenant, ChannelSet.of(all), from, ear);
    }
    String name = all.get(0).name();
    SubscribeOptions only = from.forChannel(name);
    return new Single(name, bus.subscribe(tenant, all.get(0), only, ear));
  }

  /** A subscription to one channel. */
  private record Single(String name, Subscription subscription) implements MultiSubscription {
    @Override
    public CompletableFuture<Void> active() {
      return subscription.active();
    }

    @Override
    public Positions positions() {
      Position position = subscription.position();
      return position == null ? Positions.none() : new Positions(Map.of(name, position));
    }

    @Override
    public Map<String, SubscriptionStats> stats() {
      return Map.of(name, subscription.stats());
    }

    @Override
    public void close() {
      subscription.close();
    }
  }

  /** Hears one subscription. */
  private final class Ear implements LiveListener<String> {
    private @Nullable Position told;
    private volatile boolean over;

    @Override
    public void onMessage(LiveMessage<String> message) {
      Witness witness = of(message.channel());
      Position at = message.position();
      if (over || at == null) {
        witness.breach((at == null ? "no position: " : "after the end: ") + message);
        return;
      }
      try {
        witness.message(at, message.payload());
      } catch (RuntimeException e) {
        witness.breach("could not judge " + message + ": " + e);
      }
      behave(at);
    }

    @Override
    public void onGap(Gap gap) {
      Witness witness = of(gap.channel());
      if (over) {
        witness.breach("after the end: " + gap);
      }
      witness.gap(gap);
    }

    @Override
    public void onDisconnected(@Nullable Position resumeFrom) {
      if (over) {
        witnesses.values().forEach(witness -> witness.breach("disconnected twice"));
      }
      told = resumeFrom;
      over = true;
    }

    private Witness of(String channel) {
      return Objects.requireNonNull(witnesses.get(channel), channel);
    }
  }

  private void behave(Position at) {
    switch (manner) {
      case QUICK -> {}
      case SLOW -> pauseEvery(7, 2, at);
      case BLOCKING -> pauseEvery(200, 60, at);
      case THROWING -> {
        if (at.version() % 101 == 0) {
          throw new IllegalStateException("thrown on purpose at " + at);
        }
      }
    }
  }

  private static void pauseEvery(int messages, int millis, Position at) {
    if (at.version() % messages == 0) {
      LockSupport.parkNanos(millis * 1_000_000L);
    }
  }

  /** Looks at its queue, and subscribes again if it was disconnected. */
  void lookAfter() {
    current.stats().values().forEach(this::check);
    if (ear.over) {
      Positions from = current.positions();
      witnesses.forEach((name, witness) -> checkPlace(witness, from.of(name)));
      disconnected++;
      ear = new Ear();
      List<Witness> unplaced = new ArrayList<>();
      witnesses.forEach(
          (name, witness) -> {
            if (from.of(name) == null) {
              witness.beginsNow();
              unplaced.add(witness);
            }
          });
      current = subscribe(resuming(from));
      tellWhenActive(unplaced);
    }
  }

  private void checkPlace(Witness witness, @Nullable Position position) {
    Position last = witness.last();
    Position told = witnesses.size() > 1 ? null : position;
    if ((last != null && !last.equals(position)) || !Objects.equals(ear.told, told)) {
      witness.breach("told " + ear.told + " and " + position + " while at " + last);
    }
  }

  private SubscribeOptions resuming(Positions from) {
    SubscribeOptions resumed = SubscribeOptions.from(from);
    return resumed
        .maxReplay(options.mostReplayed())
        .queueLimit(options.mostQueued())
        .queueBytes(options.mostQueuedBytes())
        .slowConsumer(options.slowConsumerPolicy());
  }

  private void check(SubscriptionStats stats) {
    mostQueued = Math.max(mostQueued, stats.queued());
    if (stats.dropped() > 0) {
      witnesses.values().forEach(witness -> witness.breach("dropped: " + stats));
    }
  }

  void close() {
    current.close();
  }

  CompletableFuture<Void> active() {
    return current.active();
  }

  /** Whether it is disconnected when it is too slow. */
  boolean disconnects() {
    return options.slowConsumerPolicy() == SlowConsumer.DISCONNECT;
  }

  /** Whether it stands there in all its channels. */
  boolean standsAt(Map<String, Position> heads) {
    return channels.keySet().stream()
        .allMatch(name -> Objects.equals(heads.get(name), current.positions().of(name)));
  }

  /** How many messages it was given of a channel. */
  int count(ModelledChannel channel) {
    return Objects.requireNonNull(witnesses.get(channel.name())).count();
  }

  /** How often it was disconnected. */
  int disconnected() {
    return disconnected;
  }

  List<Gap> gaps() {
    return witnesses.values().stream().flatMap(witness -> witness.gaps().stream()).toList();
  }

  /** What is wrong: empty if it was given what the models say. */
  List<String> breaches() {
    List<String> all = new ArrayList<>();
    Positions end = current.positions();
    long largest = 0;
    for (ModelledChannel channel : channels.values()) {
      Witness witness = Objects.requireNonNull(witnesses.get(channel.name()));
      witness
          .breaches(end.of(channel.name()))
          .forEach(breach -> all.add(channel.name() + ": " + breach));
      largest = Math.max(largest, channel.model().largestFrame());
    }
    if (mostQueued > Math.max(options.mostQueued(), largest)) {
      all.add(mostQueued + " were queued");
    }
    return all;
  }

  @Override
  public String toString() {
    String kind = byPattern ? " by pattern" : "";
    return manner
        + " "
        + options.slowConsumerPolicy()
        + " from "
        + options.beginning()
        + " up to "
        + options.mostReplayed()
        + kind
        + " of "
        + channels.keySet();
  }
}
