package dev.tandem.benchmarks.live;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Message;
import dev.tandem.api.serde.Serde;
import dev.tandem.benchmarks.peers.Leftovers;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import redis.clients.jedis.Jedis;

/**
 * What all works share: a tenant of their own, a fleeting and a recoverable channel, and one
 * message. Keys of others are never touched.
 */
final class LiveBench implements AutoCloseable {
  /** Bytes of a payload, if nothing else is asked for. */
  static final int PAYLOAD = 200;

  /** The digits of a number in a payload, after the quote with which it begins. */
  private static final int DIGITS = 10;

  /** How long recoverable channels keep a message. */
  static final Duration RETENTION = Duration.ofMinutes(5);

  private static final int MOST_MESSAGES = 100_000;

  private final URI url;
  private final RedisConnection redis;
  private final Jedis jedis;
  private final Tenant tenant;
  private final byte[] payload;

  LiveBench(URI url) {
    this.url = url;
    this.redis = RedisConnection.connect(url.toString());
    this.jedis = new Jedis(url);
    this.tenant = Tenant.of("benchmark-" + UUID.randomUUID());
    this.payload = payload(PAYLOAD);
  }

  private LiveBench(LiveBench of, int payloadBytes) {
    this.url = of.url;
    this.redis = of.redis;
    this.jedis = of.jedis;
    this.tenant = of.tenant;
    this.payload = payload(payloadBytes);
  }

  private static byte[] payload(int bytes) {
    return ("\"" + "x".repeat(bytes - 2) + "\"").getBytes(UTF_8);
  }

  /** The same with a payload of another size, at least {@value #DIGITS} and 2; ends with this. */
  LiveBench withPayload(int bytes) {
    return new LiveBench(this, bytes);
  }

  /** Where the server is. */
  URI url() {
    return url;
  }

  /** The name of a channel or key that Tandem has no part in; there is one tenant for all. */
  String byHand(String library, int number) {
    return tenant.name() + ":" + library + ":" + number;
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

  /** A payload of the same size that says its number. */
  byte[] numbered(int number) {
    byte[] numbered = payload.clone();
    byte[] digits = String.format(Locale.ROOT, "%0" + DIGITS + "d", number).getBytes(UTF_8);
    System.arraycopy(digits, 0, numbered, 1, DIGITS);
    return numbered;
  }

  /** The number that a payload says. */
  static int number(byte[] numbered) {
    return Integer.parseInt(new String(numbered, 1, DIGITS, UTF_8));
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
    Leftovers.remove(jedis, redis, tenant);
    redis.close();
    jedis.close();
  }
}
