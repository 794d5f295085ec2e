package dev.tandem.redis.internal;

import dev.tandem.redis.command.RedisKey;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.HostAndPort;

/**
 * The nodes that calls go to, so that one that is away costs only the calls that need it. What a
 * Cluster no longer has is forgotten.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Nodes {
  private static final Logger LOG = LoggerFactory.getLogger(Nodes.class);

  private final ConnectionSource source;
  private final CircuitBreakerConfig breakerConfig;
  private final Node any;
  private final Map<HostAndPort, Node> byAddress = new ConcurrentHashMap<>();

  Nodes(ConnectionSource source, CircuitBreakerConfig breakerConfig) {
    this.source = source;
    this.breakerConfig = breakerConfig;
    this.any = node(null);
  }

  private Node node(@Nullable HostAndPort address) {
    String name = address == null ? source.endpoint() : address.toString();
    return new Node(
        name,
        new Breaker(CircuitBreaker.of("tandem-redis " + name, breakerConfig)),
        new PoolGeneration(() -> source.dropIdle(address), this::rediscover));
  }

  /** Where a call for this key goes. */
  Node of(@Nullable RedisKey routingKey) {
    HostAndPort address = source.nodeOf(routingKey);
    return address == null ? any : at(address);
  }

  /** The node of a Cluster with this address. */
  Node at(HostAndPort address) {
    if (!source.isCluster()) {
      return any;
    }
    Node known = byAddress.get(address);
    return known != null ? known : byAddress.computeIfAbsent(address, this::node);
  }

  /** Stands for calls that any node may answer; for all where there is one server. */
  Node any() {
    return any;
  }

  /** All of which something is known. */
  List<Node> all() {
    List<Node> all = new ArrayList<>(byAddress.values());
    all.add(any);
    return all;
  }

  /** Whether every node answered when it was last called. */
  boolean allAnswer() {
    for (Node node : byAddress.values()) {
      if (node.lastFailure() != null) {
        return false;
      }
    }
    return any.lastFailure() == null;
  }

  /**
   * Whether no call is let through: to none of the nodes that were called, or to no node at all.
   */
  boolean allRefuse() {
    return any.breaker().isOpen()
        || (!byAddress.isEmpty()
            && byAddress.values().stream().allMatch(node -> node.breaker().isOpen()));
  }

  /** Open if one breaker is, otherwise half open if one is. */
  CircuitBreaker.State breakers() {
    List<CircuitBreaker.State> states = all().stream().map(node -> node.breaker().state()).toList();
    return Stream.of(CircuitBreaker.State.OPEN, CircuitBreaker.State.HALF_OPEN)
        .filter(states::contains)
        .findFirst()
        .orElse(CircuitBreaker.State.CLOSED);
  }

  /** Asks anew which node holds what. */
  void rediscover() {
    try {
      source.rediscover();
      Set<HostAndPort> present = source.nodes();
      byAddress.keySet().removeIf(address -> !present.contains(address));
    } catch (RuntimeException e) {
      LOG.debug("asking for the nodes of Redis at {} failed", source.endpoint(), e);
    }
  }
}
