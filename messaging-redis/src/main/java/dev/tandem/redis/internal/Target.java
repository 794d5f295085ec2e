package dev.tandem.redis.internal;

import java.util.List;
import redis.clients.jedis.UnifiedJedis;

/** Where Redis is. */
public sealed interface Target {
  /**
   * One server.
   *
   * @param url its address
   */
  record Single(RedisUrl url) implements Target {}

  /**
   * A primary watched by Sentinels.
   *
   * @param primaryName what the Sentinels call it
   * @param sentinels their addresses
   */
  record Sentinel(String primaryName, List<RedisUrl> sentinels) implements Target {}

  /**
   * A Cluster.
   *
   * @param nodes some of its nodes
   */
  record Cluster(List<RedisUrl> nodes) implements Target {}

  /**
   * A client of the user's.
   *
   * @param client never closed from here
   */
  record Given(UnifiedJedis client) implements Target {}
}
