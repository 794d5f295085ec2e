package dev.tandem.redis.internal;

import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that a lost node costs its stale connections once: the first caller that fails drops
 * what is idle, callers that fail with a connection from before that leave the fresh ones alone,
 * and connections from before it do not go back into the pool.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class PoolGeneration {
  private static final Logger LOG = LoggerFactory.getLogger(PoolGeneration.class);

  private final Runnable dropIdle;
  private final Runnable rediscover;
  private final ReentrantLock dropping = new ReentrantLock();
  private volatile long current;

  /**
   * For the connections to one node.
   *
   * @param dropIdle drops those that are idle
   * @param rediscover asks which node holds what, and throws nothing
   */
  PoolGeneration(Runnable dropIdle, Runnable rediscover) {
    this.dropIdle = dropIdle;
    this.rediscover = rediscover;
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
      rediscover.run();
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
      dropIdle.run();
    } catch (RuntimeException e) {
      LOG.debug("dropping idle connections to Redis failed", e);
    } finally {
      dropping.unlock();
    }
    return true;
  }
}
