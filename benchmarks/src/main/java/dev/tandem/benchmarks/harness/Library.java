package dev.tandem.benchmarks.harness;

import java.util.Locale;

/** What a {@link Contender} is built on. */
public enum Library {
  /** Hand-written, with Jedis alone: the limit that the others are compared with. */
  JEDIS,
  /** Ours. */
  TANDEM,
  /** Lettuce's own asynchronous commands. */
  LETTUCE,
  /** Redisson's objects. */
  REDISSON,
  /** Spring Data Redis, its templates and listener containers. */
  SPRING;

  /** Its name in results. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
