package dev.tandem.streams.internal.dead;

import dev.tandem.redis.command.Script;

/** The scripts of dead letters; what they take and give back stands at their heads. */
final class DeadScripts {
  static final Script REPLAY = script("replay.lua");
  static final Script DISCARD = script("discard.lua");
  static final Script CLAIM = script("claim.lua");
  static final Script RELEASE = script("release.lua");

  private DeadScripts() {}

  private static Script script(String resource) {
    Script shared = Script.resource(DeadScripts.class, "dead.lua");
    return Script.joined(shared, DeadScripts.class, resource);
  }
}
