package dev.tandem.tenant;

import dev.tandem.redis.NodeReply;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Walks once through the keys of all servers that have a prefix, and tells whether none can have
 * been missed. {@code SCAN} promises that for one server as long as it runs; its cursors mean
 * nothing to another, or after a restart.
 */
final class KeyScan {
  private final RedisConnection redis;
  private final RedisKey prefix;
  private final String pattern;
  private final boolean oneSlot;

  /** Of the keys of one slot: that of the prefix. */
  KeyScan(RedisConnection redis, RedisKey prefix) {
    this(redis, prefix, "", true);
  }

  /** Of keys of any slot that begin and end so. */
  static KeyScan ofManySlots(RedisConnection redis, RedisKey prefix, String suffix) {
    return new KeyScan(redis, prefix, suffix, false);
  }

  private KeyScan(RedisConnection redis, RedisKey prefix, String suffix, boolean oneSlot) {
    this.redis = redis;
    this.prefix = prefix;
    this.oneSlot = oneSlot;
    this.pattern = escaped(prefix.text()) + "*" + escaped(suffix);
  }

  /** Tenants' names have none of these characters; this holds whatever they may have one day. */
  private static String escaped(String text) {
    return text.replaceAll("[\\\\*?\\[\\]^]", "\\\\$0");
  }

  /** Shows the names that match, a few at a time, and tells whether they are all for certain. */
  boolean run(Consumer<List<byte[]>> page) {
    Map<String, String> before = servers();
    for (String node : before.keySet()) {
      byte[] cursor = {'0'};
      do {
        List<@Nullable Object> reply = Replies.list(redis.executeOn(node, scan(cursor)));
        cursor = Replies.bytes(reply.get(0));
        List<byte[]> names = Replies.bytesList(reply.get(1));
        if (!names.isEmpty()) {
          page.accept(names);
        }
      } while (cursor.length != 1 || cursor[0] != '0');
    }
    Map<String, String> after = servers();
    return before.equals(after) && after.values().stream().noneMatch(each -> each.contains("["));
  }

  private Command scan(byte[] cursor) {
    return Command.of("SCAN")
        .arg(cursor)
        .arg("MATCH")
        .arg(pattern)
        .arg("COUNT")
        .arg(TenantKeys.STEP)
        .repeatable();
  }

  /**
   * The servers that take writes, each with which start of it this is and, on a Cluster, what it
   * says of the slots concerned: which it holds, or with a bracket that one is on its way.
   */
  private Map<String, String> servers() {
    Map<String, String> servers = new TreeMap<>();
    for (String node : nodes()) {
      String start = line(ask(node, "INFO", "server"), "run_id:");
      servers.put(node, redis.isCluster() ? start + slots(ask(node, "CLUSTER", "NODES")) : start);
    }
    return servers;
  }

  private List<String> nodes() {
    if (!redis.isCluster()) {
      return List.of(redis.endpoint());
    }
    List<String> primaries = new ArrayList<>();
    for (NodeReply each : redis.executeOnEveryNode(Command.of("ROLE").repeatable())) {
      List<@Nullable Object> role = Replies.list(Replies.orThrow(each.reply()));
      if (Replies.text(role.get(0)).equals("master")) {
        primaries.add(each.node());
      }
    }
    return primaries;
  }

  private String ask(String node, String command, String about) {
    return Replies.text(redis.executeOn(node, Command.of(command).arg(about).repeatable()));
  }

  private static String line(String text, String holding) {
    return text.lines().filter(each -> each.contains(holding)).findFirst().orElse("");
  }

  private String slots(String nodes) {
    String[] parts = line(nodes, "myself").split(" ", -1);
    int slot = prefix.slot();
    StringBuilder held = new StringBuilder();
    for (int i = 8; i < parts.length; i++) {
      String part = parts[i];
      if (!oneSlot) {
        held.append(' ').append(part);
      } else if (part.startsWith("[" + slot + "-")
          || (!part.startsWith("[") && spans(part, slot))) {
        held.append(' ').append(part.startsWith("[") ? part : "holds");
      }
    }
    return held.toString();
  }

  private static boolean spans(String range, int slot) {
    int dash = range.indexOf('-');
    int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
    int last = dash < 0 ? first : Integer.parseInt(range.substring(dash + 1));
    return first <= slot && slot <= last;
  }
}
