package dev.tandem.pubsub;

import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.Positions;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Where a subscription begins, what it wants, and what happens when its listener is too slow.
 *
 * <p>Messages that a filter leaves out still count as seen: {@link Subscription#position()} goes
 * past them.
 *
 * <p>Thread safety: immutable, as far as the filter is.
 */
public final class SubscribeOptions {
  /** The most messages replayed at once unless said otherwise: {@value}. */
  public static final int DEFAULT_MAX_REPLAY = 10_000;

  /** The most messages waiting for a listener unless said otherwise: {@value}. */
  public static final int DEFAULT_QUEUE_LIMIT = 16_384;

  /** The most bytes waiting for a listener unless said otherwise: 32 MiB. */
  public static final long DEFAULT_QUEUE_BYTES = 32L << 20;

  /** Where a subscription begins. */
  public enum Beginning {
    /** With what is published once it is active. */
    NOW,
    /** After a position. */
    POSITION,
    /** With the oldest message that is stored. */
    OLDEST,
    /** With the newest message that is stored. */
    LATEST
  }

  private static final SubscribeOptions NOW = new SubscribeOptions(new Draft());

  private final Draft chosen;

  private SubscribeOptions(Draft chosen) {
    this.chosen = chosen;
  }

  /** What was chosen; changed only before the options are made of it. */
  private static final class Draft implements Cloneable {
    private Beginning beginning = Beginning.NOW;
    private @Nullable Position position;
    private @Nullable Positions positions;
    private Set<String> types = Set.of();
    private @Nullable Predicate<? super LiveMessage<?>> filter;
    private boolean excludeOwn;
    private int maxReplay = DEFAULT_MAX_REPLAY;
    private int queueLimit = DEFAULT_QUEUE_LIMIT;
    private long queueBytes = DEFAULT_QUEUE_BYTES;
    private SlowConsumer slowConsumer = SlowConsumer.REPAIR;

    private Draft copy() {
      try {
        return (Draft) clone();
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private SubscribeOptions with(Consumer<Draft> change) {
    Draft changed = chosen.copy();
    change.accept(changed);
    boolean conflates =
        changed.slowConsumer == SlowConsumer.NEWEST_ONLY
            || changed.slowConsumer == SlowConsumer.NEWEST_PER_KEY;
    if (conflates && changed.filter != null) {
      throw new InvalidValueException(
          "slowConsumer",
          changed.slowConsumer,
          "cannot be combined with a filter: what the filter leaves out could replace what it lets"
              + " pass");
    }
    return new SubscribeOptions(changed);
  }

  /** From the moment at which {@link Subscription#active()} completes; maybe a little earlier. */
  public static SubscribeOptions fromNow() {
    return NOW;
  }

  /**
   * After this position: first what was published since, or a {@link dev.tandem.api.Gap}, then
   * live. Only for one recoverable channel.
   */
  public static SubscribeOptions from(Position position) {
    Require.notNull("position", position);
    return fromNow()
        .with(
            draft -> {
              draft.beginning = Beginning.POSITION;
              draft.position = position;
            });
  }

  /**
   * After these positions, one for each channel of the subscription; channels that have none among
   * them begin now. Only for recoverable channels.
   */
  public static SubscribeOptions from(Positions positions) {
    Require.notNull("positions", positions);
    return fromNow()
        .with(
            draft -> {
              draft.beginning = Beginning.POSITION;
              draft.positions = positions;
            });
  }

  /** All that is still stored, then live. Only for recoverable channels. */
  public static SubscribeOptions fromBeginning() {
    return fromNow().with(draft -> draft.beginning = Beginning.OLDEST);
  }

  /**
   * The newest message that is still stored, if there is one, then live: for channels whose
   * messages each carry a whole state. No older one is looked for if a filter leaves it out. Only
   * for recoverable channels.
   */
  public static SubscribeOptions latest() {
    return fromNow().with(draft -> draft.beginning = Beginning.LATEST);
  }

  /** These options, for messages of these types only. */
  public SubscribeOptions types(String... types) {
    Set<String> wanted = new LinkedHashSet<>(Arrays.asList(types));
    Require.inRange("number of types", wanted.size(), 1, 1_024);
    wanted.forEach(type -> Require.text("type", type, 1, Message.MAX_TYPE));
    return with(draft -> draft.types = Set.copyOf(wanted));
  }

  /**
   * These options, for messages that pass this filter only, besides the others. It is called where
   * the listener is called, once for each message that is of a wanted type; if it throws, that is
   * logged and counted as a failure of the listener, and the message is left out. Cannot be
   * combined with {@link SlowConsumer#NEWEST_PER_KEY} and {@link SlowConsumer#NEWEST_ONLY}.
   */
  public SubscribeOptions filter(Predicate<? super LiveMessage<?>> filter) {
    Require.notNull("filter", filter);
    return with(draft -> draft.filter = filter);
  }

  /** These options, without what the same bus published. */
  public SubscribeOptions excludeOwn() {
    return with(draft -> draft.excludeOwn = true);
  }

  /**
   * These options, with another limit to how many missed messages are replayed, at the beginning,
   * after a reconnect and after a slow spell alike: 0 to 1,000,000. Who missed more gets a {@link
   * dev.tandem.api.GapReason#TOO_FAR} gap instead. Default {@value #DEFAULT_MAX_REPLAY}.
   */
  public SubscribeOptions maxReplay(int messages) {
    Require.inRange("maxReplay", messages, 0, 1_000_000);
    return with(draft -> draft.maxReplay = messages);
  }

  /**
   * These options, with another bound for the messages that wait for the listener: 1 to 1,000,000.
   * {@link #slowConsumer} says what becomes of those that do not fit. A batch that was published as
   * one may exceed the bound when nothing else waits. Default {@value #DEFAULT_QUEUE_LIMIT}.
   */
  public SubscribeOptions queueLimit(int messages) {
    Require.inRange("queueLimit", messages, 1, 1_000_000);
    return with(draft -> draft.queueLimit = messages);
  }

  /**
   * These options, with another bound for the bytes that wait for the listener, as they came over
   * the network: 1 KiB to 1 GiB. A batch that was published as one may exceed the bound when
   * nothing else waits. Default 32 MiB.
   */
  public SubscribeOptions queueBytes(long bytes) {
    Require.inRange("queueBytes", bytes, 1L << 10, 1L << 30);
    return with(draft -> draft.queueBytes = bytes);
  }

  /** These options, with another answer to a slow listener. Default {@link SlowConsumer#REPAIR}. */
  public SubscribeOptions slowConsumer(SlowConsumer policy) {
    Require.notNull("slowConsumer", policy);
    return with(draft -> draft.slowConsumer = policy);
  }

  /** These options, beginning after this position; as {@link #from(Position)}. */
  public SubscribeOptions startingAfter(Position position) {
    Require.notNull("position", position);
    return with(
        draft -> {
          draft.positions = null;
          draft.position = position;
          draft.beginning = Beginning.POSITION;
        });
  }

  /**
   * These options as they hold for one channel of several: with its own among {@link
   * #startPositions}, or a beginning now if it has none there.
   */
  public SubscribeOptions forChannel(String channel) {
    Positions positions = chosen.positions;
    if (positions == null) {
      return this;
    }
    Position own = positions.of(Require.notNull("channel", channel));
    return with(
        draft -> {
          draft.positions = null;
          draft.position = own;
          draft.beginning = own == null ? Beginning.NOW : Beginning.POSITION;
        });
  }

  /** Where to begin. */
  public Beginning beginning() {
    return chosen.beginning;
  }

  /** The position to begin after, or null. */
  public @Nullable Position startPosition() {
    return chosen.position;
  }

  /** The positions to begin after, or null. */
  public @Nullable Positions startPositions() {
    return chosen.positions;
  }

  /** The wanted types; empty for all. */
  public Set<String> wantedTypes() {
    return chosen.types;
  }

  /** What messages must pass, or null. */
  public @Nullable Predicate<? super LiveMessage<?>> wantedFilter() {
    return chosen.filter;
  }

  /** Whether to leave out what the same bus published. */
  public boolean excludesOwn() {
    return chosen.excludeOwn;
  }

  /** The most messages replayed at once. */
  public int mostReplayed() {
    return chosen.maxReplay;
  }

  /** The most messages waiting for the listener. */
  public int mostQueued() {
    return chosen.queueLimit;
  }

  /** The most bytes waiting for the listener. */
  public long mostQueuedBytes() {
    return chosen.queueBytes;
  }

  /** What happens when the listener is too slow. */
  public SlowConsumer slowConsumerPolicy() {
    return chosen.slowConsumer;
  }
}
