package dev.tandem.tenant;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the user of one tenant may do: every command that the libraries use for a tenant, on keys
 * and channels under the tenant's prefix, and no other.
 *
 * @param keys the patterns of keys
 * @param channels the patterns of channels
 * @param commands the commands, as {@code get} or {@code xgroup|create}
 */
record AclRights(Set<String> keys, Set<String> channels, Set<String> commands) {
  private static final List<String> CONNECTION =
      List.of("ping", "select", "client|setname", "time", "eval", "evalsha");
  private static final List<String> STREAMS =
      List.of(
          "xack",
          "xadd",
          "xclaim",
          "xdel",
          "xgroup|create",
          "xgroup|createconsumer",
          "xgroup|delconsumer",
          "xgroup|destroy",
          "xgroup|setid",
          "xinfo|consumers",
          "xinfo|groups",
          "xinfo|stream",
          "xlen",
          "xpending",
          "xrange",
          "xread",
          "xreadgroup",
          "xrevrange",
          "xtrim");
  private static final List<String> VALUES =
      List.of(
          "del",
          "exists",
          "get",
          "hdel",
          "hget",
          "hgetall",
          "hincrby",
          "hlen",
          "hmget",
          "hset",
          "hsetnx",
          "hstrlen",
          "memory|usage",
          "pexpire",
          "pttl",
          "set",
          "type",
          "unlink",
          "zadd",
          "zcard",
          "zmscore",
          "zrange",
          "zrangebyscore",
          "zrank",
          "zrem",
          "zremrangebyscore",
          "zscan",
          "zscore");
  private static final List<String> CHANNELS =
      List.of("publish", "subscribe", "unsubscribe", "psubscribe", "punsubscribe");

  /** On a Cluster a client asks where keys are, and follows those that move. */
  private static final List<String> CLUSTER = List.of("asking", "cluster|slots");

  AclRights {
    keys = Set.copyOf(keys);
    channels = Set.copyOf(channels);
    commands = Set.copyOf(commands);
  }

  /**
   * What this tenant's user should be allowed.
   *
   * @param channelPatterns the patterns of channels that may be subscribed to as such
   * @param namesClients whether the server knows {@code CLIENT SETINFO}
   */
  static AclRights of(
      KeyLayout layout,
      Tenant tenant,
      Set<String> channelPatterns,
      boolean isCluster,
      boolean namesClients) {
    String all = layout.prefix(tenant) + ":*";
    Set<String> channels = new TreeSet<>(Set.of(all, KeyLayout.PROBES + "*"));
    channelPatterns.forEach(pattern -> channels.add(layout.prefix(tenant) + ":channel:" + pattern));
    Set<String> commands = new TreeSet<>(CONNECTION);
    commands.addAll(STREAMS);
    commands.addAll(VALUES);
    commands.addAll(CHANNELS);
    if (isCluster) {
      commands.addAll(CLUSTER);
    }
    if (namesClients) {
      commands.add("client|setinfo");
    }
    return new AclRights(Set.of(all), channels, commands);
  }

  /** The arguments of {@code ACL SETUSER} that give these rights and take all others. */
  List<String> rules() {
    List<String> rules = new ArrayList<>(List.of("resetkeys", "resetchannels", "-@all"));
    keys.forEach(pattern -> rules.add("~" + pattern));
    channels.forEach(pattern -> rules.add("&" + pattern));
    commands.forEach(command -> rules.add("+" + command));
    return rules;
  }
}
