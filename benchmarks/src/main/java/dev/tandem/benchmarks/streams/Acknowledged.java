package dev.tandem.benchmarks.streams;

import com.codahale.metrics.Counter;
import dev.tandem.redis.RedisConnection;

/**
 * How many messages workers of a group have acknowledged since this was made, by their counter: to
 * ask a worker for all its statistics every millisecond would be work of its own.
 */
public final class Acknowledged {
  private final Counter counter;
  private final long before;

  private Acknowledged(Counter counter) {
    this.counter = counter;
    this.before = counter.getCount();
  }

  /** Of the usual topic. */
  static Acknowledged in(Bench bench, String group) {
    return of(bench.redis(), bench.topic().name(), group);
  }

  /** Of the workers of a group over this connection. */
  public static Acknowledged of(RedisConnection redis, String topic, String group) {
    String name = "tandem.streams.worker." + topic + '.' + group + ".acknowledged";
    return new Acknowledged(redis.metrics().counter(name));
  }

  /** How many. */
  public long count() {
    return counter.getCount() - before;
  }
}
