package dev.tandem.streams.internal.eventstore;

import dev.tandem.redis.command.Script;
import dev.tandem.streams.internal.wire.Rights;

/** The scripts of the event store; what they take and give back stands at their heads. */
final class EventScripts {
  static final Script APPEND =
      Script.joined(
          Script.joined(Rights.FUNCTIONS, EventScripts.class, "aggregate.lua"),
          EventScripts.class,
          "append.lua");
  static final Script DELETE = script("aggregate.lua", "delete.lua");
  static final Script READ = script("aggregate.lua", "read.lua");
  static final Script SNAPSHOT = script("aggregate.lua", "snapshot.lua");
  static final Script ACQUIRE = script("projection.lua", "acquire.lua");
  static final Script RENEW = script("projection.lua", "renew.lua");
  static final Script COMMIT = script("projection.lua", "commit.lua");
  static final Script SKIP = script("projection.lua", "skip.lua");
  static final Script STALL = script("projection.lua", "stall.lua");
  static final Script RELEASE = script("projection.lua", "release.lua");
  static final Script RESET = script("projection.lua", "reset.lua");

  private EventScripts() {}

  private static Script script(String shared, String resource) {
    return Script.joined(Script.resource(EventScripts.class, shared), EventScripts.class, resource);
  }
}
