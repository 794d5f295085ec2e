package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Position;
import dev.tandem.api.Positions;
import dev.tandem.pubsub.MultiSubscription;
import dev.tandem.pubsub.Subscription;
import dev.tandem.pubsub.SubscriptionStats;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Several channels' subscriptions that fill one queue. */
final class ChannelsSubscription implements MultiSubscription {
  private final Map<String, Subscription> byChannel;

  ChannelsSubscription(Map<String, Subscription> byChannel) {
    this.byChannel = byChannel;
  }

  @Override
  public CompletableFuture<Void> active() {
    return CompletableFuture.allOf(
        byChannel.values().stream().map(Subscription::active).toArray(CompletableFuture[]::new));
  }

  @Override
  public Positions positions() {
    Map<String, Position> known = new LinkedHashMap<>();
    byChannel.forEach(
        (channel, subscription) -> {
          Position position = subscription.position();
          if (position != null) {
            known.put(channel, position);
          }
        });
    return new Positions(known);
  }

  @Override
  public Map<String, SubscriptionStats> stats() {
    Map<String, SubscriptionStats> stats = new LinkedHashMap<>();
    byChannel.forEach((channel, subscription) -> stats.put(channel, subscription.stats()));
    return stats;
  }

  @Override
  public void close() {
    byChannel.values().forEach(Subscription::close);
  }
}
