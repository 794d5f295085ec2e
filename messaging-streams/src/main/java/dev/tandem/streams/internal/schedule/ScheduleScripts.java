package dev.tandem.streams.internal.schedule;

import dev.tandem.redis.command.Script;

/** The scripts of scheduled messages; what they take and give back stands at their heads. */
final class ScheduleScripts {
  static final Script ADD = script("add.lua");
  static final Script CANCEL = script("cancel.lua");
  static final Script PROMOTE = script("promote.lua");
  static final Script LIST = script("list.lua");

  private ScheduleScripts() {}

  private static Script script(String resource) {
    Script shared = Script.resource(ScheduleScripts.class, "schedule.lua");
    return Script.joined(shared, ScheduleScripts.class, resource);
  }
}
