package dev.tandem.redis.internal;

import org.jspecify.annotations.Nullable;

/**
 * What calls to one node have shown; of a server alone, or behind Sentinels, there is one.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Node {
  private final String name;
  private final Breaker breaker;
  private final PoolGeneration pool;
  private volatile @Nullable String lastFailure;

  Node(String name, Breaker breaker, PoolGeneration pool) {
    this.name = name;
    this.breaker = breaker;
    this.pool = pool;
  }

  /** Its address, for messages to people. */
  String name() {
    return name;
  }

  Breaker breaker() {
    return breaker;
  }

  PoolGeneration pool() {
    return pool;
  }

  /** It has answered. */
  void proven() {
    if (lastFailure != null) {
      lastFailure = null;
    }
  }

  void failed(Throwable error) {
    lastFailure = String.valueOf(error.getMessage());
  }

  /** What went wrong since it last answered, or null. */
  @Nullable String lastFailure() {
    return lastFailure;
  }
}
