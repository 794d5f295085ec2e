package dev.tandem.benchmarks.hybrid;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Message;
import dev.tandem.api.serde.Serde;
import dev.tandem.benchmarks.peers.Leftovers;
import dev.tandem.hybrid.FixedRoute;
import dev.tandem.hybrid.Route;
import dev.tandem.pubsub.Channel;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import redis.clients.jedis.Jedis;

/**
 * What all contenders share: a tenant of their own with one stream and one recoverable channel, and
 * one message. Keys of others are never touched.
 */
final class HybridBench implements AutoCloseable {
  /** Bytes of a payload. */
  static final int PAYLOAD = 200;

  /** Messages that the channel keeps. */
  static final int KEPT = 1_000;

  /** How long it keeps them. */
  static final Duration RETENTION = Duration.ofMinutes(5);

  private static final String TYPE = "order.placed";

  private final URI url;
  private final RedisConnection redis;
  private final Jedis jedis;
  private final Tenant tenant = Tenant.of("benchmark-" + UUID.randomUUID());
  private final byte[] payload = ("\"" + "x".repeat(PAYLOAD - 2) + "\"").getBytes(UTF_8);
  private final StreamTopic<byte[]> topic = StreamTopic.of("orders", Serde.bytes());
  private final Channel<byte[]> channel =
      Channel.of("board", Serde.bytes()).recoverable(RETENTION, KEPT);

  HybridBench(URI url) {
    this.url = url;
    this.redis = RedisConnection.connect(url.toString());
    this.jedis = new Jedis(url);
  }

  RedisConnection redis() {
    return redis;
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

  Channel<byte[]> channel() {
    return channel;
  }

  FixedRoute<byte[]> route() {
    return Route.toStream(topic).andChannel(channel);
  }

  byte[] stream() {
    return KeyLayout.of(redis).stream(tenant, topic.name()).stream().bytes();
  }

  ChannelKeys channelKeys() {
    return KeyLayout.of(redis).channel(tenant, channel.name());
  }

  /** The message. */
  Message<byte[]> message() {
    return Message.of(TYPE, payload);
  }

  /** The payload: a JSON text. */
  byte[] payload() {
    return payload;
  }

  /** The message as the fields that Tandem writes, but for where it stands on the channel. */
  @SuppressWarnings("ArrayAsKeyOfSetOrMap") // Jedis wants it so, and only walks through it
  Map<byte[], byte[]> fields() {
    Map<byte[], byte[]> fields = new LinkedHashMap<>();
    fields.put("type".getBytes(UTF_8), TYPE.getBytes(UTF_8));
    fields.put("key".getBytes(UTF_8), new byte[0]);
    fields.put("headers".getBytes(UTF_8), new byte[0]);
    fields.put("data".getBytes(UTF_8), payload);
    return fields;
  }

  /** How many entries the stream has. */
  long entries() {
    return jedis.xlen(stream());
  }

  /** How many versions the channel has given out. */
  long versions() {
    String version = jedis.hget(channelKeys().meta().text(), "version");
    return version == null ? 0 : Long.parseLong(version);
  }

  void clean() {
    jedis.del(stream(), channelKeys().meta().bytes(), channelKeys().buffer().bytes(), byHand());
  }

  /** Where what is published by hand is counted and stored. */
  byte[] byHand() {
    return (channelKeys().meta().text() + ":by-hand").getBytes(UTF_8);
  }

  @Override
  public void close() {
    Leftovers.remove(jedis, redis, tenant);
    redis.close();
    jedis.close();
  }
}
