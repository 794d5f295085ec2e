package dev.tandem.redis.internal;

import com.codahale.metrics.Timer;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Pipeline;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;

/**
 * At most two batches at a time over a connection of the pool, which goes back when the replies to
 * all are read. Where no connection is to be had, and on a Cluster, a batch goes the usual way.
 *
 * <p>Thread safety: not safe for use by many threads, but for {@link #isAtHand}.
 */
final class PooledPipeline implements Pipeline {
  private static final int MOST_UNREAD = 2;

  private final PooledExecutor executor;
  private final Exchange exchange;
  private final Node node;
  private final Liveness liveness;
  private final RedisMetrics metrics;
  private final ArrayDeque<Supplier<List<@Nullable Object>>> unread = new ArrayDeque<>(MOST_UNREAD);
  private @Nullable Connection connection;
  private long generation;

  /** Whether anything failed of what was written since nothing was unread. */
  private boolean hasFailed;

  PooledPipeline(
      PooledExecutor executor,
      Exchange exchange,
      Node node,
      Liveness liveness,
      RedisMetrics metrics) {
    this.executor = executor;
    this.exchange = exchange;
    this.node = node;
    this.liveness = liveness;
    this.metrics = metrics;
  }

  @Override
  public boolean isReady() {
    return unread.isEmpty()
        || (mayWriteBehind() && node.pool().isCurrent(generation) && !executor.isClosed());
  }

  // No other thread changes this, as it may whether the connection's generation is current.
  private boolean mayWriteBehind() {
    return unread.size() < MOST_UNREAD && connection != null && !connection.isBroken();
  }

  @Override
  public boolean isAtHand() {
    return !executor.isCluster() && !node.breaker().isWatchful() && executor.hasIdle();
  }

  @Override
  public void write(List<Command> commands) {
    if (!unread.isEmpty() && !mayWriteBehind()) {
      throw new IllegalStateException("the replies to what was written before are to be read");
    }
    hasFailed &= !unread.isEmpty();
    if (executor.isCluster() || !isWritten(commands)) {
      List<@Nullable Object> replies = sentTheUsualWay(commands);
      unread.add(() -> replies);
    }
  }

  private boolean isWritten(List<Command> commands) {
    long start;
    try {
      start = node.breaker().begun();
    } catch (MessagingException refused) {
      return isRefusedBehindAnother(commands.size(), refused);
    }
    Connection open;
    try {
      open = connected(commands);
    } catch (MessagingException e) {
      node.breaker().ended(start, e);
      executor.noticed(node, e, generation);
      return false;
    }
    Timer.Context time = metrics.roundTripBegun();
    RuntimeException broken = exchange.write(open, commands);
    unread.add(
        () -> {
          List<@Nullable Object> replies = replies(open, commands, broken);
          time.stop();
          return judged(commands, replies, start);
        });
    return true;
  }

  // Sent over another connection, it might overtake what is under way on this one.
  private boolean isRefusedBehindAnother(int commands, MessagingException refused) {
    if (unread.isEmpty()) {
      return false;
    }
    unread.add(() -> Collections.nCopies(commands, refused));
    return true;
  }

  private Connection connected(List<Command> commands) {
    Connection open = connection;
    if (open == null) {
      generation = node.pool().current();
      open = executor.borrowFor(node, commands);
      connection = open;
    }
    return open;
  }

  @Override
  public List<@Nullable Object> read() {
    try {
      return unread.remove().get();
    } finally {
      giveBackIfAllIsRead(); // also if what is read last was refused, and went over no connection
    }
  }

  private void giveBackIfAllIsRead() {
    Connection open = connection;
    if (open != null && unread.isEmpty()) {
      connection = null;
      executor.giveBack(node, open, generation);
    }
  }

  private List<@Nullable Object> replies(
      Connection open, List<Command> commands, @Nullable RuntimeException broken) {
    boolean isRead = false;
    try {
      List<@Nullable Object> replies = exchange.repliesTo(open, commands, broken, unread.isEmpty());
      isRead = true;
      return replies;
    } finally {
      if (!isRead) {
        open.setBroken(); // what is left unread must not pass for the replies to others
      }
      if (!open.isBroken()) {
        liveness.proven(node);
      }
      giveBackIfAllIsRead();
    }
  }

  private List<@Nullable Object> judged(
      List<Command> commands, List<@Nullable Object> replies, long start) {
    Guard.Sent<List<@Nullable Object>> sent = executor.judged(node, generation, commands, replies);
    node.breaker().ended(start, sent.failure());
    boolean mayOvertake = hasFailed || !unread.isEmpty();
    hasFailed |= sent.failure() != null;
    return sent.mayRepeat() && !mayOvertake ? sentTheUsualWay(commands) : sent.result();
  }

  private List<@Nullable Object> sentTheUsualWay(List<Command> commands) {
    try {
      return executor.executeAll(commands);
    } catch (MessagingException nothingSent) {
      return Collections.nCopies(commands.size(), nothingSent);
    }
  }
}
