package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.ChannelPattern;
import dev.tandem.pubsub.ChannelSet;
import dev.tandem.pubsub.LiveEvent;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveReader;
import dev.tandem.pubsub.MultiSubscription;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.limit.PlacedListener;
import dev.tandem.tenant.Tenant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Flow;

/**
 * Makes subscriptions of every kind: to one channel or several, pushed to a listener or a {@code
 * Flow.Subscriber}, or fetched.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class Subscriptions {
  private final Feeds feeds;
  private final BusThreads threads;

  /** Makes subscriptions that these feeds fill. */
  public Subscriptions(Feeds feeds, BusThreads threads) {
    this.feeds = feeds;
    this.threads = threads;
  }

  /** A listener on one channel. */
  public <T> Subscription listen(
      Tenant tenant, Channel<T> channel, SubscribeOptions options, LiveListener<T> listener) {
    SubscribeOptions checked = checked(tenant, channel, options);
    Require.notNull("listener", listener);
    boolean hasPlace = listener instanceof PlacedListener placed && placed.hasPlace();
    DeliveryQueue<T> queue = new ListenerTask<>(checked, listener, threads).queue();
    return hasPlace
        ? feeds.addToPlace(tenant, channel, checked, queue)
        : feeds.add(tenant, channel, checked, queue);
  }

  /** A listener on several channels. */
  public <T> MultiSubscription listen(
      Tenant tenant, ChannelSet<T> channels, SubscribeOptions options, LiveListener<T> listener) {
    Require.notNull("channels", channels);
    Require.notNull("options", options);
    Require.notNull("listener", listener);
    if (options.startPosition() != null && channels.channels().size() > 1) {
      throw new InvalidValueException(
          "start of the subscription",
          channels,
          "must be positions, one for each channel, and not a single position");
    }
    channels.channels().forEach(channel -> checked(tenant, channel, options));
    DeliveryQueue<T> queue = new ListenerTask<>(options, listener, threads).queue();
    Map<String, Subscription> byChannel = new LinkedHashMap<>();
    try {
      for (Channel<T> channel : channels.channels()) {
        byChannel.put(
            channel.name(), feeds.add(tenant, channel, options.forChannel(channel.name()), queue));
      }
    } catch (Throwable e) {
      byChannel.values().forEach(Subscription::close);
      throw e;
    }
    return new ChannelsSubscription(byChannel);
  }

  /** A listener on all channels that match. */
  public <T> MultiSubscription listen(
      Tenant tenant,
      ChannelPattern<T> pattern,
      SubscribeOptions options,
      LiveListener<T> listener) {
    Require.notNull("tenant", tenant);
    Require.notNull("pattern", pattern);
    Require.notNull("options", options);
    Require.notNull("listener", listener);
    if (options.startPosition() != null) {
      throw new InvalidValueException(
          "start of the subscription",
          pattern.pattern(),
          "must be positions, one for each channel, and not a single position");
    }
    if (!pattern.isRecoverable() && options.beginning() != SubscribeOptions.Beginning.NOW) {
      throw new InvalidValueException(
          "start of the subscription",
          pattern.pattern(),
          "only recoverable channels can be subscribed to from positions or the beginning");
    }
    DeliveryQueue<T> queue = new ListenerTask<>(options, listener, threads).queue();
    return pattern.isRecoverable()
        ? new PatternSubscriber<>(tenant, pattern, options, queue, feeds.patterns()).begin()
        : new ChannelsSubscription(
            Map.of(
                pattern.pattern().text(),
                feeds.patterns().listen(tenant, pattern, options, queue)));
  }

  /** One channel, fetched. */
  public <T> LiveReader<T> open(Tenant tenant, Channel<T> channel, SubscribeOptions options) {
    SubscribeOptions checked = checked(tenant, channel, options);
    return new PullReader<>(checked, threads, queue -> feeds.add(tenant, channel, checked, queue));
  }

  /** One channel, for subscribers each of which gets a subscription of its own. */
  public <T> Flow.Publisher<LiveEvent<T>> publisher(
      Tenant tenant, Channel<T> channel, SubscribeOptions options) {
    SubscribeOptions checked = checked(tenant, channel, options);
    return subscriber -> {
      Objects.requireNonNull(subscriber, "subscriber"); // rule 1.9 asks for this exception
      new FlowSubscription<T>(checked, threads, subscriber)
          .begin(queue -> feeds.add(tenant, channel, checked, queue));
    };
  }

  private static SubscribeOptions checked(
      Tenant tenant, Channel<?> channel, SubscribeOptions options) {
    Require.notNull("tenant", tenant);
    Require.notNull("channel", channel);
    Require.notNull("options", options);
    boolean recovers = options.beginning() != SubscribeOptions.Beginning.NOW;
    if (recovers && !channel.isRecoverable()) {
      throw new InvalidValueException(
          "start of the subscription",
          channel.name(),
          "only a recoverable channel can be subscribed to from a position or the beginning");
    }
    return options.forChannel(channel.name());
  }
}
