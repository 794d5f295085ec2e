package dev.tandem.benchmarks.streams;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Message;
import dev.tandem.api.serde.Serde;
import dev.tandem.benchmarks.peers.Leftovers;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.GroupKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import java.net.URI;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import redis.clients.jedis.Jedis;

/**
 * What all works share: one stream of a tenant of its own, and one message in both forms. Keys of
 * others are never touched.
 */
final class Bench implements AutoCloseable {
  /** Bytes of a payload, if nothing else is asked for. */
  static final int PAYLOAD = 200;

  /** The digits of a number at the beginning of a payload. */
  private static final int DIGITS = 10;

  private static final byte[] DATA = "data".getBytes(UTF_8);
  private static final String TYPE = "order.placed";

  private final URI url;
  private final RedisConnection redis;
  private final RedisConnection enforcing;
  private final Jedis jedis;
  private final Tenant tenant;
  private final StreamTopic<byte[]> topic = StreamTopic.of("orders", Serde.bytes());
  private final StreamKeys keys;
  private final byte[] payload;

  Bench(URI url) {
    this.url = url;
    this.redis = RedisConnection.connect(url.toString());
    this.enforcing = RedisConnection.builder().url(url.toString()).enforceQuotas().build();
    this.jedis = new Jedis(url);
    this.tenant = Tenant.of("benchmark-" + UUID.randomUUID());
    this.keys = KeyLayout.of(redis).stream(tenant, topic.name());
    this.payload = payload(PAYLOAD);
  }

  private Bench(Bench of, int payloadBytes) {
    this.url = of.url;
    this.redis = of.redis;
    this.enforcing = of.enforcing;
    this.jedis = of.jedis;
    this.tenant = of.tenant;
    this.keys = of.keys;
    this.payload = payload(payloadBytes);
  }

  private static byte[] payload(int bytes) {
    return "x".repeat(bytes).getBytes(UTF_8);
  }

  /** The same with a payload of another size, at least {@value #DIGITS} bytes; ends with this. */
  Bench withPayload(int bytes) {
    return new Bench(this, bytes);
  }

  /** Where the server is. */
  URI url() {
    return url;
  }

  RedisConnection redis() {
    return redis;
  }

  /** One that keeps the tenant within its quotas. */
  RedisConnection enforcing() {
    return enforcing;
  }

  /** Gives the tenant quotas of every kind that it does not come near; or takes them back. */
  void quotas(boolean some) {
    TenantQuota.Builder quota = TenantQuota.builder();
    if (some) {
      quota
          .publishRate(10_000_000)
          .streamLength(100_000_000)
          .streamBytes(100_000_000_000L)
          .payloadSize(1 << 20);
    }
    TenantQuotas.of(redis).set(tenant, quota.build());
  }

  /** For setting up and counting; contenders open their own. */
  Jedis admin() {
    return jedis;
  }

  /** A connection as one would open it by hand. */
  Jedis openJedis() {
    return new Jedis(url);
  }

  Tenant tenant() {
    return tenant;
  }

  StreamTopic<byte[]> topic() {
    return topic;
  }

  RedisKey stream() {
    return keys.stream();
  }

  GroupKeys group(String name) {
    return keys.group(name);
  }

  byte[] payload() {
    return payload;
  }

  /** A payload of the same size that says its number. */
  byte[] numbered(int number) {
    byte[] numbered = payload.clone();
    byte[] digits = String.format(Locale.ROOT, "%0" + DIGITS + "d", number).getBytes(UTF_8);
    System.arraycopy(digits, 0, numbered, 0, DIGITS);
    return numbered;
  }

  /** The number that a payload says. */
  static int number(byte[] numbered) {
    return Integer.parseInt(new String(numbered, 0, DIGITS, UTF_8));
  }

  /** The message. */
  Message<byte[]> message() {
    return message(payload);
  }

  /** A message with another payload. */
  Message<byte[]> message(byte[] other) {
    return Message.of(TYPE, other);
  }

  /** The same message as the fields that Tandem writes. */
  Map<byte[], byte[]> fields() {
    return fields(payload);
  }

  /** What the fields of an entry have as payload. */
  static byte[] payload(Map<byte[], byte[]> fields) {
    for (Map.Entry<byte[], byte[]> field : fields.entrySet()) {
      if (Arrays.equals(field.getKey(), DATA)) {
        return field.getValue();
      }
    }
    throw new IllegalArgumentException("the entry has no payload");
  }

  /** The fields of a message with another payload. */
  @SuppressWarnings("ArrayAsKeyOfSetOrMap") // clients want it so, and only walk through it
  Map<byte[], byte[]> fields(byte[] other) {
    Map<byte[], byte[]> fields = new LinkedHashMap<>();
    fields.put("type".getBytes(UTF_8), TYPE.getBytes(UTF_8));
    fields.put("key".getBytes(UTF_8), new byte[0]);
    fields.put("headers".getBytes(UTF_8), new byte[0]);
    fields.put(DATA, other);
    return fields;
  }

  /** How many entries the stream has. */
  long length() {
    return jedis.xlen(stream().bytes());
  }

  void removeStream() {
    jedis.del(stream().bytes(), keys.quota().bytes());
  }

  void removeGroup(GroupKeys group) {
    jedis.xgroupDestroy(group.stream().bytes(), group.group().getBytes(UTF_8));
    // What trimming remembers of the group goes too: the next round's is not the same one, lost.
    jedis.del(
        group.due().bytes(),
        group.dead().bytes(),
        group.sweep().bytes(),
        group.source().trim().bytes());
  }

  @Override
  public void close() {
    Leftovers.remove(jedis, redis, tenant);
    redis.close();
    enforcing.close();
    jedis.close();
  }
}
