package dev.tandem.examples.quickstart;

import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Goes away, keeping nothing but each subscriber's position token, and comes back with a new bus,
 * as a restarted server or a returning browser does. For addresses that no proxy can stand in for:
 * TLS checks the host's name.
 */
final class ReturningAudience implements Audience {
  private final String redisUrl;
  private final List<Tenant> tenants;
  private final Channel<String> channel;
  private final Tally tally;
  private Seats seats;
  private @Nullable RedisConnection redis;
  private @Nullable LiveBus bus;
  private Map<Tenant, String> tokens = Map.of();

  ReturningAudience(String redisUrl, List<Tenant> tenants, Channel<String> channel, Tally tally) {
    this.redisUrl = redisUrl;
    this.tenants = tenants;
    this.channel = channel;
    this.tally = tally;
    this.seats = new Seats(channel, tally);
  }

  @Override
  public void join() throws InterruptedException {
    seats.takeFromNow(open(), tenants);
  }

  @Override
  public void disconnect() {
    close();
    tokens = seats.tokens();
  }

  @Override
  public void reconnect() throws InterruptedException {
    seats = new Seats(channel, tally);
    seats.takeFrom(open(), tokens);
  }

  @Override
  public long recovered() {
    return seats.recovered();
  }

  @Override
  public void close() {
    if (bus != null) {
      bus.close();
    }
    if (redis != null) {
      redis.close();
    }
  }

  private LiveBus open() {
    RedisConnection connection = RedisConnection.connect(redisUrl);
    LiveBus opened = LiveBus.builder(connection).build();
    redis = connection;
    bus = opened;
    return opened;
  }
}
