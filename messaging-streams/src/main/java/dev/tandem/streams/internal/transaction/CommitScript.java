package dev.tandem.streams.internal.transaction;

import dev.tandem.redis.command.Script;
import dev.tandem.streams.internal.group.GroupCommands;
import dev.tandem.streams.internal.wire.Rights;

/**
 * The script that commits: {@code commit.lua} behind the operations that it knows.
 *
 * <p>Thread safety: immutable.
 */
public final class CommitScript {
  /** Knows what a {@link dev.tandem.streams.Transaction} offers. */
  static final CommitScript PLAIN =
      new CommitScript(operations(Script.resource(Rights.class, "rights.lua")));

  private final Script script;

  private CommitScript(Script operations) {
    this.script = Script.joined(operations, CommitScript.class, "commit.lua");
  }

  /**
   * One that knows another module's operations too.
   *
   * @param functions what those need, made before everything else
   * @param owner the class whose package their resource lies in
   * @param resource puts them into the table {@code operations}; it may use what is local to {@code
   *     operations.lua}
   */
  public static CommitScript knowing(Script functions, Class<?> owner, String resource) {
    Script rights = Script.joined(functions, Rights.class, "rights.lua");
    return new CommitScript(Script.joined(operations(rights), owner, resource));
  }

  private static Script operations(Script before) {
    return Script.joined(
        Script.joined(before, GroupCommands.class, "group.lua"),
        CommitScript.class,
        "operations.lua");
  }

  Script script() {
    return script;
  }
}
