package dev.tandem.streams.internal.wire;

import dev.tandem.redis.command.Script;

/** What scripts that write several things or none need in front of them. */
public final class Rights {
  /** Functions that tell what the server would refuse the user, before anything is written. */
  public static final Script FUNCTIONS = Script.resource(Rights.class, "rights.lua");

  private Rights() {}
}
