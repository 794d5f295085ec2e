package dev.tandem.pubsub.events;

import dev.tandem.api.Gap;
import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The options of an {@link EventBus}. Every option has a default; a value out of range is refused
 * at once with its name, value and range.
 *
 * <p>Thread safety: not safe for use by many threads; what it builds is.
 */
public final class EventBusBuilder {
  private static final Serde<byte[]> JSON = new JsonBytes();

  final LiveBus bus;
  final Tenant tenant;
  Channel<byte[]> channel;
  SubscribeOptions options = SubscribeOptions.fromNow();
  @Nullable Consumer<Gap> gapHandler;

  private final String name;

  EventBusBuilder(LiveBus bus, Tenant tenant, String name) {
    this.bus = Require.notNull("bus", bus);
    this.tenant = Require.notNull("tenant", tenant);
    this.name = name;
    this.channel = Channel.of(name, JSON);
  }

  /**
   * Payloads are encrypted or compressed on their way, as all who share the channel must agree:
   * {@code json -> json.encrypted(keyring)}. To be called before {@link #recoverable} and {@link
   * #fleeting}. Default: plain JSON, for any language to read.
   */
  public EventBusBuilder payloads(UnaryOperator<Serde<byte[]>> wrapping) {
    channel = Channel.of(name, Require.notNull("payloads", wrapping).apply(JSON));
    return this;
  }

  /** How far back missed events are recovered; see {@link Channel#recoverable}. */
  public EventBusBuilder recoverable(Duration retention, int maxMessages) {
    channel = channel.recoverable(retention, maxMessages);
    return this;
  }

  /** Events are not stored: who is not connected does not get them, and is not told. */
  public EventBusBuilder fleeting() {
    channel = channel.fleeting();
    return this;
  }

  /**
   * Where events begin, and which are wanted: a position to resume from, {@link
   * SubscribeOptions#excludeOwn}, bounds. Default: {@link SubscribeOptions#fromNow}.
   */
  public EventBusBuilder subscribe(SubscribeOptions options) {
    this.options = Require.notNull("options", options);
    return this;
  }

  /**
   * Called when events were missed for good, in the order of events and on the same threads as
   * handlers; what it throws is logged. Default: a warning is logged.
   */
  public EventBusBuilder onGap(Consumer<Gap> handler) {
    this.gapHandler = Require.notNull("onGap", handler);
    return this;
  }

  /** The event bus; it receives once {@link EventBus#start} is called. */
  public EventBus build() {
    return new EventBus(this);
  }
}
