package dev.tandem.redis.internal;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.NodeReply;
import dev.tandem.redis.command.Command;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Sends what every node must know, such as users, to one node of a Cluster after the other. What
 * becomes of it on a replica says nothing of the connection's state, which is about those that take
 * calls.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class EveryNode {
  private final ConnectionSource source;
  private final PooledExecutor executor;
  private final Nodes nodes;
  private final Guard guard;

  EveryNode(ConnectionSource source, PooledExecutor executor, Nodes nodes, Guard guard) {
    this.source = source;
    this.executor = executor;
    this.nodes = nodes;
    this.guard = guard;
  }

  List<NodeReply> execute(Command command) {
    if (!source.isCluster()) {
      return List.of(new NodeReply(source.endpoint(), outcome(() -> executor.execute(command))));
    }
    nodes.rediscover(); // one that joined since must not be left out
    Set<HostAndPort> addresses = source.everyNode();
    List<NodeReply> replies = new ArrayList<>(addresses.size());
    for (HostAndPort address :
        addresses.stream().sorted(Comparator.comparing(HostAndPort::toString)).toList()) {
      replies.add(new NodeReply(address.toString(), outcome(() -> sentTo(address, command))));
    }
    return replies;
  }

  /** Sends to the node of this address; where there is one server, to that. */
  @Nullable Object execute(String node, Command command) {
    return source.isCluster() ? sentTo(HostAndPort.from(node), command) : executor.execute(command);
  }

  private static @Nullable Object outcome(Call call) {
    try {
      return call.make();
    } catch (MessagingException e) {
      return e;
    }
  }

  private @Nullable Object sentTo(HostAndPort address, Command command) {
    return guard
        .run(command.isRepeatable(), () -> Guard.Sent.whole(new Answer(once(address, command))))
        .reply();
  }

  private @Nullable Object once(HostAndPort address, Command command) {
    try (Connection connection = borrowed(address)) {
      return executor.exchange().one(connection, command);
    }
  }

  private Connection borrowed(HostAndPort address) {
    executor.requireOpen();
    try {
      Connection connection = source.borrowFrom(address);
      if (connection == null) {
        throw new JedisException("the node " + address + " is not known");
      }
      return connection;
    } catch (RuntimeException e) {
      executor.requireOpen();
      throw ErrorTranslation.notSent(address.toString(), e);
    }
  }

  @FunctionalInterface
  private interface Call {
    @Nullable Object make();
  }

  private record Answer(@Nullable Object reply) {}
}
