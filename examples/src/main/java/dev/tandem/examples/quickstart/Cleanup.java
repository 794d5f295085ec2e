package dev.tandem.examples.quickstart;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.GroupKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.List;

/** Removes what a run has put into a Redis that is not its own. */
final class Cleanup {
  private Cleanup() {}

  /**
   * Removes every key of this destination.
   *
   * @throws MessagingException if Redis cannot be reached
   */
  static void run(RedisConnection redis, Destination destination, List<Tenant> tenants) {
    KeyLayout keys = KeyLayout.of(redis);
    List<Command> commands = new ArrayList<>();
    for (Tenant tenant : tenants) {
      commands.add(unlink(keys, destination, tenant));
      commands.add(leaveIndex(keys, destination, tenant));
    }
    redis.commands().executeAll(commands).forEach(Replies::orThrow);
  }

  private static Command unlink(KeyLayout keys, Destination destination, Tenant tenant) {
    GroupKeys group = keys.stream(tenant, destination.name()).group(destination.group());
    ChannelKeys channel = keys.channel(tenant, destination.name());
    return Command.of("UNLINK")
        .key(group.stream())
        .key(group.source().trim())
        .key(group.source().trimTurn())
        .key(group.dead())
        .key(group.due())
        .key(group.sweep())
        .key(channel.buffer())
        .key(channel.meta())
        .repeatable();
  }

  /** The index of a tenant's channels may name others, too. */
  private static Command leaveIndex(KeyLayout keys, Destination destination, Tenant tenant) {
    return Command.of("ZREM").key(keys.channelIndex(tenant)).arg(destination.name()).repeatable();
  }
}
