package dev.tandem.redis.internal;

import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that a lost server costs its stale connections once: the first caller that fails drops
 * what is idle, callers that fail with a connection from before that leave the fresh ones alone,
 * and connections from before it do not go back into the pool.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class PoolGeneration {
  private static final Logger LOG = LoggerFactory.getLogger(PoolGeneration.class);

  private final ConnectionSource source;
  private final ReentrantLock dropping = new ReentrantLock();
  private volatile long current;

  PoolGeneration(ConnectionSource source) {
    this.source = source;
  }

  /** To be taken down before a connection is borrowed. */
  long current() {
    return current;
  }

  /** Whether nothing was dropped since this generation was taken down. */
  boolean isCurrent(long generation) {
    return generation == current;
  }

  /** A connection borrowed in this generation failed: the idle ones may have failed with it. */
  void failed(long generation) {
    if (drop(generation)) {
      moved();
    }
  }

  private boolean drop(long generation) {
    if (!dropping.tryLock()) {
      return false;
    }
    try {
      if (!isCurrent(generation)) {
        return false;
      }
      // First, so that what comes back from here on is not kept.
      current = generation + 1;
      source.dropIdle();
    } catch (RuntimeException e) {
      LOG.debug("dropping idle connections to Redis at {} failed", source.endpoint(), e);
    } finally {
      dropping.unlock();
    }
    return true;
  }

  /** A key was not where it was looked for. */
  void moved() {
    try {
      source.rediscover();
    } catch (RuntimeException e) {
      LOG.debug("asking for the nodes of Redis at {} failed", source.endpoint(), e);
    }
  }
}
