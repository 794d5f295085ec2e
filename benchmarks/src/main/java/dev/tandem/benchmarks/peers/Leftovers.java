package dev.tandem.benchmarks.peers;

import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.util.List;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.resps.ScanResult;

/**
 * Removes what works leave of their tenant, also under names that only Tandem knows, such as what
 * is remembered of a producer.
 */
public final class Leftovers {
  private static final int PAGE = 1_000;

  private Leftovers() {}

  /** Removes all keys of a tenant whose name nobody else's begins with; no others are touched. */
  public static void remove(Jedis jedis, RedisConnection redis, Tenant tenant) {
    String index = KeyLayout.of(redis).channelIndex(tenant).text();
    String prefix = index.substring(0, index.indexOf(tenant.name()) + tenant.name().length());
    ScanParams pages = new ScanParams().match(prefix + "*").count(PAGE);
    String cursor = ScanParams.SCAN_POINTER_START;
    do {
      ScanResult<String> page = jedis.scan(cursor, pages);
      List<String> keys = page.getResult();
      if (!keys.isEmpty()) {
        jedis.unlink(keys.toArray(String[]::new));
      }
      cursor = page.getCursor();
    } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
  }
}
