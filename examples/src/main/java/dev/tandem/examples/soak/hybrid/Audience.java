package dev.tandem.examples.soak.hybrid;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import dev.tandem.hybrid.HybridSubscribeOptions;
import dev.tandem.hybrid.HybridSubscriber;
import dev.tandem.hybrid.HybridSubscription;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.redis.RedisConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** All hybrid subscribers of this process; the second on each channel leaves and comes back. */
final class Audience implements AutoCloseable {
  private final RedisConnection redis;
  private final LiveBus bus;
  private final HybridSubscriber subscriber;
  private final HybridChecker checker;
  private final List<Seat> seats = new ArrayList<>();

  /** All take their seats, before anything is published. */
  Audience(String redisUrl, HybridChecker checker) {
    this.redis = HybridScenery.connection(redisUrl);
    this.bus =
        LiveBus.builder(redis)
            .probeAfter(Duration.ofSeconds(1))
            .tailCheckInterval(Duration.ofMillis(500))
            .build();
    this.subscriber = HybridSubscriber.builder(redis, bus).build();
    this.checker = checker;
    for (int tenant = 0; tenant < HybridScenery.TENANTS.size(); tenant++) {
      for (int pair = 0; pair < HybridScenery.PAIRS.size(); pair++) {
        for (int watcher = 0; watcher < HybridScenery.WATCHERS; watcher++) {
          Seat seat = new Seat(tenant, pair, watcher);
          seats.add(seat);
          seat.comeBack();
        }
      }
    }
  }

  /** Those who leave do so. */
  void leave() {
    seats.stream().filter(seat -> seat.watcher > 0).forEach(Seat::leave);
  }

  /** They go on where they left. */
  void comeBack() {
    seats.stream().filter(seat -> seat.watcher > 0).forEach(Seat::comeBack);
  }

  @Override
  public void close() {
    subscriber.close();
    bus.close();
    redis.close();
  }

  /** One subscriber. */
  private final class Seat implements LiveListener<String> {
    final int tenant;
    final int pair;
    final int watcher;
    private final ReentrantLock calling = new ReentrantLock();
    private @Nullable Position at;
    private @Nullable HybridSubscription subscription;

    Seat(int tenant, int pair, int watcher) {
      this.tenant = tenant;
      this.pair = pair;
      this.watcher = watcher;
    }

    void comeBack() {
      Position from;
      calling.lock();
      try {
        from = at;
      } finally {
        calling.unlock();
      }
      HybridScenery.Pair its = HybridScenery.PAIRS.get(pair);
      subscription =
          subscriber.subscribe(
              HybridScenery.TENANTS.get(tenant),
              its.topic(),
              its.channel(),
              from == null
                  ? HybridSubscribeOptions.fromBeginning()
                  : HybridSubscribeOptions.from(from),
              this);
    }

    /** What its listener is in the middle of is over when it comes back. */
    void leave() {
      HybridSubscription open = subscription;
      if (open != null) {
        open.close();
      }
    }

    @Override
    public void onMessage(LiveMessage<String> message) {
      calling.lock();
      try {
        checker.given(tenant, pair, watcher, message.payload(), message.position());
        at = message.position();
      } finally {
        calling.unlock();
      }
    }

    @Override
    public void onGap(Gap gap) {
      calling.lock();
      try {
        checker.gap(tenant, pair, watcher, gap);
        at = gap.resumesAt();
      } finally {
        calling.unlock();
      }
    }
  }
}
