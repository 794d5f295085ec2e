package dev.tandem.examples.quickstart;

import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.GroupKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.util.List;

/** Asks Redis what a worker was given and has not acknowledged, over all tenants. */
final class Unacknowledged {
  private static final int MOST_PER_TENANT = 10_000;

  private final RedisConnection redis;
  private final Destination destination;
  private final List<Tenant> tenants;

  Unacknowledged(RedisConnection redis, Destination destination, List<Tenant> tenants) {
    this.redis = redis;
    this.destination = destination;
    this.tenants = tenants;
  }

  /** How many messages the worker of this name holds. */
  long count(String consumer) {
    KeyLayout keys = KeyLayout.of(redis);
    List<Command> commands =
        tenants.stream().map(tenant -> pending(keys, tenant, consumer)).toList();
    return redis.commands().executeAll(commands).stream()
        .mapToLong(reply -> Replies.list(Replies.orThrow(reply)).size())
        .sum();
  }

  private Command pending(KeyLayout keys, Tenant tenant, String consumer) {
    GroupKeys group = keys.stream(tenant, destination.name()).group(destination.group());
    return Command.of("XPENDING")
        .key(group.stream())
        .arg(group.group())
        .arg("-")
        .arg("+")
        .arg(MOST_PER_TENANT)
        .arg(consumer)
        .repeatable();
  }
}
