package dev.tandem.streams.internal.work;

import dev.tandem.redis.RedisConnection;

/** What the parts of one worker have in common. */
record Shared(
    WorkerSettings<?> settings,
    GroupCommands commands,
    LeaseRegistry registry,
    Counters counters,
    Standing standing) {

  RedisConnection redis() {
    return settings.redis();
  }
}
