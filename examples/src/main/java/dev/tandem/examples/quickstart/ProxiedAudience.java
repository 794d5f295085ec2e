package dev.tandem.examples.quickstart;

import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import java.util.List;

/**
 * Reaches Redis through a proxy that can refuse. The bus notices, reconnects and recovers by
 * itself; nothing here helps it.
 */
final class ProxiedAudience implements Audience {
  private final List<Tenant> tenants;
  private final Seats seats;
  private final FaultProxy proxy;
  private final RedisConnection redis;
  private final LiveBus bus;

  ProxiedAudience(
      RedisAddress address, List<Tenant> tenants, Channel<String> channel, Tally tally) {
    this.tenants = tenants;
    this.seats = new Seats(channel, tally);
    this.proxy = FaultProxy.to(address.host(), address.port());
    this.redis = RedisConnection.connect(address.at(proxy.host(), proxy.port()).url());
    this.bus = LiveBus.builder(redis).build();
  }

  @Override
  public void join() throws InterruptedException {
    seats.takeFromNow(bus, tenants);
  }

  @Override
  public void disconnect() {
    proxy.refuse();
  }

  @Override
  public void reconnect() {
    proxy.heal();
  }

  @Override
  public long recovered() {
    return seats.recovered();
  }

  @Override
  public void close() {
    bus.close();
    redis.close();
    proxy.close();
  }
}
