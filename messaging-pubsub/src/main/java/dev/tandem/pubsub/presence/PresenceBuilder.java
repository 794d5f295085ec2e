package dev.tandem.pubsub.presence;

import dev.tandem.api.Headers;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The options of a {@link Presence}. Every option has a default; a value out of range is refused at
 * once with its name, value and range.
 *
 * <p>Thread safety: not safe for use by many threads; what it builds is.
 */
public final class PresenceBuilder {
  /** How often an instance is heard of unless said otherwise: every 2 s. */
  public static final Duration DEFAULT_HEARTBEAT = Duration.ofSeconds(2);

  /** After how many missed heartbeats an instance is lost unless said otherwise: {@value}. */
  public static final int DEFAULT_MISSED = 4;

  /** The most members unless said otherwise: {@value}. */
  public static final int DEFAULT_MAX_MEMBERS = 1_000;

  /** The most metadata of one member, in characters of names and values: {@value}. */
  public static final int MAX_METADATA = 4_096;

  final LiveBus bus;
  final Tenant tenant;
  final Channel<Beat> channel;
  Headers metadata = Headers.none();
  Duration heartbeat = DEFAULT_HEARTBEAT;
  int missed = DEFAULT_MISSED;
  int maxMembers = DEFAULT_MAX_MEMBERS;
  LongSupplier nanoTime = System::nanoTime;
  final List<PresenceListener> listeners = new ArrayList<>();

  PresenceBuilder(LiveBus bus, Tenant tenant, String channel) {
    this.bus = Require.notNull("bus", bus);
    this.tenant = Require.notNull("tenant", tenant);
    this.channel = Channel.of(channel, Serde.json(Beat.class)).fleeting();
  }

  /**
   * What this instance says about itself, by the rules of {@link Headers}, with at most {@value
   * #MAX_METADATA} characters in all. It travels with each heartbeat: keep it small. Default: none.
   */
  public PresenceBuilder metadata(Map<String, String> metadata) {
    Headers checked = Headers.of(metadata);
    if (size(checked.asMap()) > MAX_METADATA) {
      throw new InvalidValueException(
          "size of metadata", size(checked.asMap()), "must be at most " + MAX_METADATA);
    }
    this.metadata = checked;
    return this;
  }

  static int size(Map<String, String> metadata) {
    return metadata.entrySet().stream()
        .mapToInt(entry -> entry.getKey().length() + entry.getValue().length())
        .sum();
  }

  /**
   * How often this instance is heard of, 50 ms to 1 hour. Instances may differ. Each heartbeat
   * reaches all instances: the messages grow with the square of their number. Default {@link
   * #DEFAULT_HEARTBEAT}.
   */
  public PresenceBuilder heartbeat(Duration interval) {
    this.heartbeat =
        Require.inRange("heartbeat", interval, Duration.ofMillis(50), Duration.ofHours(1));
    return this;
  }

  /**
   * After how many missed heartbeats others are lost, 3 to 100. Default {@value #DEFAULT_MISSED}.
   */
  public PresenceBuilder missed(int heartbeats) {
    this.missed = Require.inRange("missed", heartbeats, 3, 100);
    return this;
  }

  /**
   * The most members, this one included, 1 to 100,000; more are ignored and counted. Default
   * {@value #DEFAULT_MAX_MEMBERS}.
   */
  public PresenceBuilder maxMembers(int members) {
    this.maxMembers = Require.inRange("maxMembers", members, 1, 100_000);
    return this;
  }

  /** Is told from the beginning who comes and goes. */
  public PresenceBuilder listener(PresenceListener listener) {
    listeners.add(Require.notNull("listener", listener));
    return this;
  }

  PresenceBuilder nanoTime(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    return this;
  }

  /**
   * The presence, which announces this instance once the bus is subscribed.
   *
   * @throws dev.tandem.api.error.ClosedException if the bus is closed
   */
  public Presence build() {
    return new Presence(this);
  }
}
