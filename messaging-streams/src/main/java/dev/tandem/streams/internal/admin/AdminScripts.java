package dev.tandem.streams.internal.admin;

import dev.tandem.redis.command.Script;
import dev.tandem.streams.internal.group.ConsumerName;

/** The scripts of administration; what they take and give back stands at their heads. */
final class AdminScripts {
  static final Script COUNT = Script.resource(AdminScripts.class, "count.lua");
  static final Script FIND_DEAD = ofFinder("find_dead.lua");
  static final Script FIND_REPLAY = ofFinder("find_replay.lua");
  static final Script EXPLAIN = Script.resource(AdminScripts.class, "explain.lua");
  static final Script DELETE_GROUP = Script.resource(AdminScripts.class, "delete_group.lua");
  static final Script CLAIM = ofGroup("claim.lua");
  static final Script HAND_BACK = ofGroup("hand_back.lua");
  static final Script DELETE_CONSUMER = ofGroup("delete_consumer.lua");

  /** The most bytes that one call reads through: the server does nothing else meanwhile. */
  static final int MOST_BYTES = 1 << 18;

  private AdminScripts() {}

  private static Script ofFinder(String resource) {
    Script shared = Script.resource(AdminScripts.class, "find.lua");
    return Script.joined(shared, AdminScripts.class, resource);
  }

  private static Script ofGroup(String resource) {
    Script shared = Script.resource(ConsumerName.class, "group.lua");
    return Script.joined(shared, AdminScripts.class, resource);
  }
}
