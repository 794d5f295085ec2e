package dev.tandem.streams.internal.group;

import dev.tandem.redis.command.Script;

/** The scripts of a group; what they take and give back stands at their heads. */
final class GroupScripts {
  static final Script ESTABLISH = script("establish.lua");
  static final Script MARK = script("mark.lua");
  static final Script REGAIN = script("regain.lua");
  static final Script ORPHAN = script("orphan.lua");
  static final Script REPORT = script("report.lua");
  static final Script HOLD = script("hold.lua");
  static final Script SETTLE = script("settle.lua");
  static final Script LOOK = script("look.lua");
  static final Script FINISH = script("finish.lua");
  static final Script RETAKE = script("retake.lua");
  static final Script RENEW = script("renew.lua");
  static final Script PARK = script("park.lua");
  static final Script AGAIN = script("again.lua");
  static final Script BURY = script("bury.lua");
  static final Script PROMOTE = script("promote.lua");
  static final Script SWEEP = script("sweep.lua");
  static final Script RELEASE = script("release.lua");
  static final Script RETIRE = script("retire.lua");

  private GroupScripts() {}

  private static Script script(String resource) {
    Script shared = Script.resource(GroupScripts.class, "group.lua");
    return Script.joined(shared, GroupScripts.class, resource);
  }
}
