package dev.tandem.benchmarks.live;

import dev.tandem.api.Position;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.redis.RedisConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Many subscribers of one channel that return at once, spread evenly over its last messages.
 *
 * @param subscribers how many
 * @param stored how many messages the channel has
 */
record Storm(int subscribers, int stored) {
  /** How many messages this subscriber has seen: at least one. */
  int seen(int subscriber) {
    return 1 + subscriber % stored;
  }

  /** How many messages all of them have not. */
  long missed() {
    long missed = 0;
    for (int subscriber = 0; subscriber < subscribers; subscriber++) {
      missed += stored - seen(subscriber);
    }
    return missed;
  }

  /** Publishes the messages, one by one; where each stands. */
  List<Position> store(LiveBench bench, Channel<byte[]> channel) {
    List<Position> positions = new ArrayList<>(stored);
    try (RedisConnection redis = bench.openRedis();
        LiveBus bus = bench.bus(redis)) {
      for (int i = 0; i < stored; i++) {
        positions.add(
            Objects.requireNonNull(
                bus.publish(bench.tenant(), channel, bench.message()).position(), "position"));
      }
    }
    return positions;
  }

  /** Subscribes all of them, each after the last message that it has seen. */
  void begin(
      LiveBench bench,
      LiveBus bus,
      Channel<byte[]> channel,
      List<Position> positions,
      Arrivals arrivals) {
    for (int subscriber = 0; subscriber < subscribers; subscriber++) {
      SubscribeOptions after = SubscribeOptions.from(positions.get(seen(subscriber) - 1));
      bus.subscribe(bench.tenant(), channel, after, arrivals);
    }
  }
}
