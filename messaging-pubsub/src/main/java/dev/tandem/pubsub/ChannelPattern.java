package dev.tandem.pubsub;

import dev.tandem.api.Positions;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.tenant.NamePattern;

/**
 * All channels of a tenant whose names match, those to come included: subscribed to as one.
 *
 * <p><b>Recoverable</b> channels keep the promise of {@link Channel}, each for itself; also one
 * that is published to for the first time while the subscription stands, or while its connection is
 * away: it is delivered from its first message on. A channel that nothing is stored of any more is
 * not listened to until it is published to again. Of those that something is stored of, one
 * subscription follows {@value #MOST_CHANNELS} at most; where there are more it ends, so that none
 * is missed silently: the listener is told by {@link LiveListener#onDisconnected}, and {@link
 * MultiSubscription#active()} fails if that happens at the beginning.
 *
 * <p><b>Fleeting</b>: what is published to matching channels arrives at most once, however many
 * there are. Redis compares all that is published with each pattern, which slows publishing down
 * for all: prefer few of them.
 *
 * <p>A pattern is {@code orders.*} or {@code *.eu.*}: {@code *} stands for any characters, dots
 * included, also for none, at most {@value NamePattern#MOST_STARS} times and never twice side by
 * side. Other glob characters are refused. A pattern never matches what another tenant has.
 *
 * <p>Thread safety: immutable, as far as the serde is.
 *
 * @param <T> the payloads' type
 */
public final class ChannelPattern<T> {
  /** The most recoverable channels that one subscription follows: {@value}. */
  public static final int MOST_CHANNELS = Positions.MOST_CHANNELS;

  private final NamePattern pattern;
  private final Channel<T> like;

  private ChannelPattern(NamePattern pattern, Channel<T> like) {
    this.pattern = pattern;
    this.like = like;
  }

  /**
   * The channels whose names match.
   *
   * @param like what they are like: their serde, and whether they are recoverable. Its name does
   *     not matter, except that what a fleeting pattern gets is counted under it
   * @throws InvalidValueException if the pattern breaks the rule above
   */
  public static <T> ChannelPattern<T> of(String pattern, Channel<T> like) {
    return new ChannelPattern<>(
        NamePattern.of("channel pattern", pattern), Require.notNull("like", like));
  }

  /** The pattern. */
  public NamePattern pattern() {
    return pattern;
  }

  /** What the channels are like. */
  public Channel<T> like() {
    return like;
  }

  /** Whether a channel of this name is one of them. */
  public boolean matches(String name) {
    return pattern.matches(Require.notNull("channel", name));
  }

  /**
   * The channel of this name.
   *
   * @throws InvalidValueException if the name does not match
   */
  public Channel<T> channel(String name) {
    if (!matches(name)) {
      throw new InvalidValueException("channel", name, "must match " + pattern);
    }
    return like.named(name);
  }

  /** Whether subscribers can recover what they missed. */
  public boolean isRecoverable() {
    return like.isRecoverable();
  }

  @Override
  public String toString() {
    return "ChannelPattern[" + pattern + "]";
  }
}
