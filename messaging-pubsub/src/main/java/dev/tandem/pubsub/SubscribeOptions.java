package dev.tandem.pubsub;

import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.internal.Require;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a subscription begins and what it wants.
 *
 * <p>Messages that a filter leaves out still count as seen: {@link Subscription#position()} goes
 * past them.
 *
 * <p>Thread safety: immutable.
 */
public final class SubscribeOptions {
  /** The most messages replayed at once unless said otherwise: {@value}. */
  public static final int DEFAULT_MAX_REPLAY = 10_000;

  /** The most messages waiting for a listener unless said otherwise: {@value}. */
  public static final int DEFAULT_QUEUE_LIMIT = 1_024;

  private final @Nullable Position start;
  private final boolean beginning;
  private final Set<String> types;
  private final boolean excludeOwn;
  private final int maxReplay;
  private final int queueLimit;

  private SubscribeOptions(
      @Nullable Position start,
      boolean beginning,
      Set<String> types,
      boolean excludeOwn,
      int maxReplay,
      int queueLimit) {
    this.start = start;
    this.beginning = beginning;
    this.types = types;
    this.excludeOwn = excludeOwn;
    this.maxReplay = maxReplay;
    this.queueLimit = queueLimit;
  }

  /** From the moment at which {@link Subscription#active()} completes; maybe a little earlier. */
  public static SubscribeOptions fromNow() {
    return starting(null, false);
  }

  /**
   * After this position: first what was published since, or a {@link dev.tandem.api.Gap}, then
   * live. Only for recoverable channels.
   */
  public static SubscribeOptions from(Position position) {
    return starting(Require.notNull("position", position), false);
  }

  /** All that is still stored, then live. Only for recoverable channels. */
  public static SubscribeOptions fromBeginning() {
    return starting(null, true);
  }

  private static SubscribeOptions starting(@Nullable Position start, boolean beginning) {
    return new SubscribeOptions(
        start, beginning, Set.of(), false, DEFAULT_MAX_REPLAY, DEFAULT_QUEUE_LIMIT);
  }

  /** These options, for messages of these types only. */
  public SubscribeOptions types(String... types) {
    Set<String> wanted = new LinkedHashSet<>(Arrays.asList(types));
    Require.inRange("number of types", wanted.size(), 1, 1_024);
    wanted.forEach(type -> Require.text("type", type, 1, Message.MAX_TYPE));
    return new SubscribeOptions(
        start, beginning, Set.copyOf(wanted), excludeOwn, maxReplay, queueLimit);
  }

  /** These options, without what the same bus published. */
  public SubscribeOptions excludeOwn() {
    return new SubscribeOptions(start, beginning, types, true, maxReplay, queueLimit);
  }

  /**
   * These options, with another limit to how many missed messages are replayed, at the beginning,
   * after a reconnect and after a slow spell alike: 0 to 1,000,000. Who missed more gets a {@link
   * dev.tandem.api.GapReason#TOO_FAR} gap instead. Default {@value #DEFAULT_MAX_REPLAY}.
   */
  public SubscribeOptions maxReplay(int messages) {
    return new SubscribeOptions(
        start,
        beginning,
        types,
        excludeOwn,
        Require.inRange("maxReplay", messages, 0, 1_000_000),
        queueLimit);
  }

  /**
   * These options, with another bound for the messages that wait for the listener: 1 to 1,000,000.
   * On a recoverable channel, what does not fit is read again from Redis once the queue is empty;
   * on a fleeting one it is dropped and counted. A batch that was published as one may exceed the
   * bound when nothing else waits. Default {@value #DEFAULT_QUEUE_LIMIT}.
   */
  public SubscribeOptions queueLimit(int messages) {
    return new SubscribeOptions(
        start,
        beginning,
        types,
        excludeOwn,
        maxReplay,
        Require.inRange("queueLimit", messages, 1, 1_000_000));
  }

  /** The position to begin after, or null. */
  public @Nullable Position startPosition() {
    return start;
  }

  /** Whether to begin with the oldest message that is stored. */
  public boolean isFromBeginning() {
    return beginning;
  }

  /** The wanted types; empty for all. */
  public Set<String> wantedTypes() {
    return types;
  }

  /** Whether to leave out what the same bus published. */
  public boolean excludesOwn() {
    return excludeOwn;
  }

  /** The most messages replayed at once. */
  public int mostReplayed() {
    return maxReplay;
  }

  /** The most messages waiting for the listener. */
  public int mostQueued() {
    return queueLimit;
  }
}
