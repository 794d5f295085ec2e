package dev.tandem.streams.internal.trim;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.Trimming;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A server that is out of memory needs trimming most, and lets nothing be noted at first. */
@RedisTest(dedicated = true)
class TrimOutOfMemoryIT {
  private final RedisServer server;
  private final RedisConnection redis;
  private final StreamKeys keys;

  TrimOutOfMemoryIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.redis = RedisConnection.connect(server.url());
    this.keys = KeyLayout.plain().stream(Tenant.of(tenant), "orders");
  }

  @AfterEach
  void close() {
    server.execute("CONFIG", "SET", "maxmemory", "0");
    redis.close();
  }

  private long removed() {
    Trimmer trimmer = new Trimmer(new MetricRegistry(), "orders");
    return trimmer.run(redis.commands(), keys, Trimming.acknowledged()).removed();
  }

  private void group(String name) {
    String stream = keys.stream().text();
    server.execute("XGROUP", "CREATE", stream, name, "0", "MKSTREAM");
    server.execute("XGROUP", "CREATECONSUMER", stream, name, ConsumerName.MARK_PREFIX + "1");
    server.execute("XREADGROUP", "GROUP", name, "c", "STREAMS", stream, ">");
  }

  @Test
  void aLossIsRememberedAndForgottenInTime() {
    String stream = keys.stream().text();
    server.execute("XADD", stream, "1-0", "data", "d");
    group("done");
    group("behind");
    server.execute("XACK", stream, "done", "1-0");
    assertThat(removed()).isZero();
    server.execute("XGROUP", "DESTROY", stream, "behind");
    server.execute("CONFIG", "SET", "maxmemory", "1");
    assertThat(removed()).isZero();
    assertThat(server.execute("HEXISTS", keys.trim().text(), "lost-at")).isEqualTo(1L);
    server.execute("CONFIG", "SET", "maxmemory", "0");
    long then = redis.serverTime().minus(Duration.ofSeconds(61)).toEpochMilli();
    server.execute("HSET", keys.trim().text(), "lost-at", Long.toString(then));
    server.execute("CONFIG", "SET", "maxmemory", "1");
    assertThat(removed()).isEqualTo(1);
  }
}
