package dev.tandem.streams.internal.work;

import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.internal.group.ClaimCommands;
import dev.tandem.streams.internal.group.GroupCommands;
import dev.tandem.streams.internal.group.LeaseCommands;
import dev.tandem.streams.internal.group.LeaseRegistry;
import dev.tandem.streams.internal.group.Membership;

/** What the parts of one worker have in common. */
record Shared(WorkerSettings settings, Membership member, WorkerStanding standing) {

  RedisConnection redis() {
    return settings.redis();
  }

  GroupCommands commands() {
    return member.commands();
  }

  LeaseCommands leases() {
    return member.leases();
  }

  ClaimCommands claims() {
    return member.claims();
  }

  LeaseRegistry registry() {
    return member.registry();
  }
}
