package dev.tandem.examples.quickstart;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One subscription for each tenant on one bus; each counts what it gets. */
final class Seats {
  private static final Duration LONGEST_SUBSCRIBE = Duration.ofSeconds(15);

  private final Map<Tenant, Subscription> subscriptions = new LinkedHashMap<>();
  private final Channel<String> channel;
  private final Tally tally;

  Seats(Channel<String> channel, Tally tally) {
    this.channel = channel;
    this.tally = tally;
  }

  /** Subscribes to what comes from now on. */
  void takeFromNow(LiveBus bus, List<Tenant> tenants) throws InterruptedException {
    for (Tenant tenant : tenants) {
      take(bus, tenant, SubscribeOptions.fromNow());
    }
    awaitActive();
  }

  /** Subscribes to what comes after each tenant's position, as its token tells it. */
  void takeFrom(LiveBus bus, Map<Tenant, String> tokens) throws InterruptedException {
    tokens.forEach(
        (tenant, token) -> take(bus, tenant, SubscribeOptions.from(Position.parse(token))));
    awaitActive();
  }

  /** Where each subscriber stands, as a token to keep. */
  Map<Tenant, String> tokens() {
    Map<Tenant, String> tokens = new LinkedHashMap<>();
    subscriptions.forEach((tenant, subscription) -> keep(tokens, tenant, subscription.position()));
    return tokens;
  }

  /** How many messages these subscribers got out of the buffer. */
  long recovered() {
    return subscriptions.values().stream().mapToLong(s -> s.stats().recovered()).sum();
  }

  private static void keep(Map<Tenant, String> tokens, Tenant tenant, @Nullable Position position) {
    // An active subscription to a recoverable channel has a position.
    tokens.put(tenant, Objects.requireNonNull(position, "position").toString());
  }

  private void take(LiveBus bus, Tenant tenant, SubscribeOptions options) {
    SubscribeOptions whole = options.maxReplay(channel.maxMessages());
    subscriptions.put(
        tenant, bus.subscribe(tenant, channel, whole, new Counting(tenant.name(), tally)));
  }

  private void awaitActive() throws InterruptedException {
    CompletableFuture<?>[] active =
        subscriptions.values().stream().map(Subscription::active).toArray(CompletableFuture[]::new);
    try {
      CompletableFuture.allOf(active).get(LONGEST_SUBSCRIBE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw QuickstartException.failed("a subscription failed: " + e.getMessage(), e);
    } catch (TimeoutException e) {
      throw QuickstartException.failed(
          "the subscriptions were not active within " + LONGEST_SUBSCRIBE.toSeconds() + " s", e);
    }
  }

  private record Counting(String tenant, Tally tally) implements LiveListener<String> {
    @Override
    public void onMessage(LiveMessage<String> message) {
      Position position = Objects.requireNonNull(message.position(), "position");
      tally.delivered(tenant, message.id().value(), position.version());
    }

    @Override
    public void onGap(Gap gap) {
      tally.gap(tenant, gap);
    }
  }
}
