package dev.tandem.benchmarks.curves;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Message;
import dev.tandem.api.serde.Serde;
import dev.tandem.benchmarks.peers.Leftovers;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import redis.clients.jedis.Jedis;

/** What a work of a curve stands on: connections, and a tenant of its own. */
final class Site implements AutoCloseable {
  private static final String TYPE = "order.placed";

  private final URI url;
  private final RedisConnection redis;
  private final Jedis jedis;
  private final Tenant tenant = Tenant.of("benchmark-curve-" + UUID.randomUUID());
  private final StreamTopic<byte[]> topic = StreamTopic.of("orders", Serde.bytes());
  private final byte[] payload;

  /** One whose messages have so many bytes. */
  Site(URI url, int payload) {
    this.url = url;
    this.redis = RedisConnection.connect(url.toString());
    this.jedis = new Jedis(url);
    this.payload = "x".repeat(payload).getBytes(UTF_8);
  }

  RedisConnection redis() {
    return redis;
  }

  /** For setting up, counting, and what is written by hand. */
  Jedis jedis() {
    return jedis;
  }

  /** A connection more. */
  Jedis openJedis() {
    return new Jedis(url);
  }

  Tenant tenant() {
    return tenant;
  }

  /** One of many tenants. */
  Tenant tenant(int number) {
    return Tenant.of(tenant.name() + "-" + number);
  }

  StreamTopic<byte[]> topic() {
    return topic;
  }

  StreamKeys keys(Tenant of) {
    return KeyLayout.of(redis).stream(of, topic.name());
  }

  byte[] payload() {
    return payload;
  }

  Message<byte[]> message() {
    return Message.of(TYPE, payload);
  }

  /** The message as the fields that Tandem writes. */
  @SuppressWarnings("ArrayAsKeyOfSetOrMap") // Jedis wants it so, and only walks through it
  Map<byte[], byte[]> fields() {
    Map<byte[], byte[]> fields = new LinkedHashMap<>();
    fields.put("type".getBytes(UTF_8), TYPE.getBytes(UTF_8));
    fields.put("key".getBytes(UTF_8), new byte[0]);
    fields.put("headers".getBytes(UTF_8), new byte[0]);
    fields.put("data".getBytes(UTF_8), payload);
    return fields;
  }

  @Override
  public void close() {
    Leftovers.remove(jedis, redis, tenant);
    redis.close();
    jedis.close();
  }
}
