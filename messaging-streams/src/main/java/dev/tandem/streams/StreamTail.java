package dev.tandem.streams;

import dev.tandem.api.MessageId;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.internal.read.Decoder;
import dev.tandem.streams.internal.read.TailCore;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Follows streams from a position on, over a connection of its own; see {@link StreamReader#tail}.
 *
 * <p><b>Guarantee.</b> Each message of a topic that is still there comes once and in the order of
 * the stream, across lost connections, failovers that lose nothing, and trimming; topics among each
 * other have no order. Where messages were trimmed away before they were read, a {@link StreamGap}
 * stands in their place. From Redis 7.0 on gaps are proved by the server's own count, except right
 * after a start from an id that is not there any more: then a gap may be {@linkplain
 * StreamGap#certain() uncertain}. Before 7.0 that count is made of what Tandem's own trimming
 * records: while others trim the stream too (or single messages are deleted by hand), gaps are
 * uncertain, and one may go unseen if both happen between two polls. A single message deleted by
 * hand ({@code XDEL}) in the midst of others is no gap until trimming passes it.
 *
 * <p>One that is strict throws on an unreadable entry and stays where it is: in {@link #poll} again
 * and again. A lenient one gives it as an unreadable message and goes on.
 *
 * <p>Thread safety: safe for use by many threads; polls run one after the other, and {@link #close}
 * cuts off the one that is under way.
 *
 * @param <T> the payload's type
 */
public final class StreamTail<T> implements AutoCloseable {
  /** The most events that one poll gives unless said otherwise. */
  public static final int DEFAULT_MOST = 100;

  private static final Duration LONGEST_WAIT = Duration.ofDays(1);

  private final TailCore<T> core;

  StreamTail(
      RedisConnection redis,
      KeyLayout keys,
      Tenant tenant,
      Map<? extends StreamTopic<? extends T>, StreamPosition> from,
      Decoder decoder) {
    List<TailCore.Start<T>> starts = new ArrayList<>();
    from.forEach(
        (topic, position) ->
            starts.add(
                new TailCore.Start<>(topic, keys.stream(tenant, topic.name()), position.id())));
    this.core = new TailCore<>(redis, tenant, decoder, starts);
  }

  /** The next events, up to {@value #DEFAULT_MOST} messages; see {@link #poll(Duration, int)}. */
  public List<TailEvent<T>> poll(Duration wait) {
    return poll(wait, DEFAULT_MOST);
  }

  /**
   * The next events; none if there were none for so long. Returns early with none if the thread is
   * interrupted.
   *
   * @param wait how long to wait for the first, 0 to 1 day. Lost connections are made anew
   *     meanwhile; one that cannot be had until then is an error. Beyond it a call may take as long
   *     as a connection's timeouts
   * @param most the most messages, shared equally among the topics, 1 to {@value
   *     StreamReader#MOST_READ}; but one of each topic is always allowed, and gaps come on top
   * @throws dev.tandem.api.error.ClosedException if the tail is closed, also while this waits
   * @throws dev.tandem.api.error.MessagingException if the server cannot be asked; the next poll
   *     goes on where this one would have
   */
  public List<TailEvent<T>> poll(Duration wait, int most) {
    Require.inRange("wait", wait, Duration.ZERO, LONGEST_WAIT);
    Require.inRange("most", most, 1, StreamReader.MOST_READ);
    return List.copyOf(core.poll(wait, most));
  }

  /**
   * The id of the last message given of each topic, or where it began if none was: a tail that
   * begins {@linkplain StreamPosition#after after} these goes on where this one stands. Topics that
   * begin at {@link StreamPosition#now()} are missing until the first poll has looked.
   */
  public Map<String, MessageId> positions() {
    return Map.copyOf(core.positions());
  }

  /** Gives the connection up. Repeated calls do nothing. */
  @Override
  public void close() {
    core.close();
  }
}
