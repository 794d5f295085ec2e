package dev.tandem.hybrid;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.streams.internal.entry.EntryId;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Where a hybrid subscription begins, and what it wants. Messages that are left out still count as
 * seen: {@link HybridSubscription#position()} goes past them.
 *
 * <p>Thread safety: immutable, as far as the filter is.
 */
public final class HybridSubscribeOptions {
  private static final MessageId BEFORE_ALL = MessageId.of(EntryId.NONE.toString());
  private static final HybridSubscribeOptions NOW =
      new HybridSubscribeOptions(null, null, Set.of(), null);

  private final @Nullable Position position;
  private final @Nullable MessageId id;
  private final Set<String> types;
  private final @Nullable Predicate<? super LiveMessage<?>> filter;

  private HybridSubscribeOptions(
      @Nullable Position position,
      @Nullable MessageId id,
      Set<String> types,
      @Nullable Predicate<? super LiveMessage<?>> filter) {
    this.position = position;
    this.id = id;
    this.types = types;
    this.filter = filter;
  }

  /**
   * From the moment at which {@link HybridSubscription#active()} completes; maybe a bit earlier.
   */
  public static HybridSubscribeOptions fromNow() {
    return NOW;
  }

  /** After this position on the channel, however long ago that was. */
  public static HybridSubscribeOptions from(Position position) {
    return new HybridSubscribeOptions(Require.notNull("position", position), null, Set.of(), null);
  }

  /**
   * After this message of the stream, as its {@link HybridReceipt#id receipt} or a worker's
   * delivery names it. It need not have been published to the channel, and need not be there any
   * more. What was published to the channel alone has no place in the stream: what of that came
   * before the next message of both may be left out, or be delivered although it is older.
   *
   * @throws InvalidValueException if it is not the id of a stream's message
   */
  public static HybridSubscribeOptions after(MessageId id) {
    EntryId parsed = EntryId.parse(Require.notNull("id", id).value());
    return new HybridSubscribeOptions(null, MessageId.of(parsed.toString()), Set.of(), null);
  }

  /** All that the stream or the channel still has, from whichever reaches back further. */
  public static HybridSubscribeOptions fromBeginning() {
    return new HybridSubscribeOptions(null, BEFORE_ALL, Set.of(), null);
  }

  /** These options, for messages of these types only. */
  public HybridSubscribeOptions types(String... types) {
    Set<String> wanted = new LinkedHashSet<>(Arrays.asList(types));
    Require.inRange("number of types", wanted.size(), 1, 1_024);
    wanted.forEach(type -> Require.text("type", type, 1, Message.MAX_TYPE));
    return new HybridSubscribeOptions(position, id, Set.copyOf(wanted), filter);
  }

  /**
   * These options, for messages that pass this filter only, besides the others. It is called where
   * the listener is called; if it throws, that counts as a failure of the listener, and the message
   * is left out.
   */
  public HybridSubscribeOptions filter(Predicate<? super LiveMessage<?>> filter) {
    return new HybridSubscribeOptions(position, id, types, Require.notNull("filter", filter));
  }

  /** The position to begin after, or null. */
  public @Nullable Position startPosition() {
    return position;
  }

  /** The stream's message to begin after, {@code 0-0} for the beginning, or null. */
  public @Nullable MessageId startId() {
    return id;
  }

  /** The wanted types; empty for all. */
  public Set<String> wantedTypes() {
    return types;
  }

  /** What messages must pass, or null. */
  public @Nullable Predicate<? super LiveMessage<?>> wantedFilter() {
    return filter;
  }
}
