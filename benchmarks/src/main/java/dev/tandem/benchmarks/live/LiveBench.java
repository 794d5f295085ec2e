package dev.tandem.benchmarks.live;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Message;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.net.URI;
import java.time.Duration;
import java.util.UUID;
import redis.clients.jedis.Jedis;

/**
 * What all works share: a tenant of their own, a fleeting and a recoverable channel, and one
 * message. Keys of others are never touched.
 */
final class LiveBench implements AutoCloseable {
  /** Bytes of a payload. */
  static final int PAYLOAD = 200;

  /** How long recoverable channels keep a message. */
  static final Duration RETENTION = Duration.ofMinutes(5);

  private static final int MOST_MESSAGES = 100_000;

  private final URI url;
  private final RedisConnection redis;
  private final Jedis jedis;
  private final Tenant tenant = Tenant.of("benchmark-" + UUID.randomUUID());
  private final byte[] payload = ("\"" + "x".repeat(PAYLOAD - 2) + "\"").getBytes(UTF_8);

  LiveBench(URI url) {
    this.url = url;
    this.redis = RedisConnection.connect(url.toString());
    this.jedis = new Jedis(url);
  }

  /** For setting up and counting; contenders open their own. */
  Jedis admin() {
    return jedis;
  }

  /** A connection as one would open it by hand. */
  Jedis openJedis() {
    return new Jedis(url);
  }

  /** A connection for one bus. */
  RedisConnection openRedis() {
    return RedisConnection.connect(url.toString());
  }

  /** A bus over a connection. */
  LiveBus bus(RedisConnection over) {
    return LiveBus.builder(over).build();
  }

  Tenant tenant() {
    return tenant;
  }

  /** A channel that keeps nothing. */
  Channel<byte[]> fleeting(String name) {
    return Channel.of(name, Serde.bytes()).fleeting();
  }

  /** A channel that keeps as many messages as a subscriber may ever be behind here. */
  Channel<byte[]> recoverable(String name) {
    return recoverable(name, MOST_MESSAGES);
  }

  /** A channel that keeps so many messages. */
  Channel<byte[]> recoverable(String name, int maxMessages) {
    return Channel.of(name, Serde.bytes()).recoverable(RETENTION, maxMessages);
  }

  ChannelKeys keys(Channel<?> channel) {
    return KeyLayout.of(redis).channel(tenant, channel.name());
  }

  /** The payload: a JSON text. */
  byte[] payload() {
    return payload;
  }

  /** The message. */
  Message<byte[]> message() {
    return Message.of("order.placed", payload);
  }

  /** Removes what a channel has stored. */
  void remove(Channel<?> channel) {
    jedis.del(keys(channel).buffer().bytes(), keys(channel).meta().bytes());
  }

  @Override
  public void close() {
    redis.close();
    jedis.close();
  }
}
