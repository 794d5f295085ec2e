package dev.tandem.redis.command;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.args.Rawable;

/**
 * One command with its arguments, ready to be sent.
 *
 * <p>Built by one thread and then handed to an executor; not to be changed or sent again afterwards
 * by another. A command may be sent more than once only by the executor that it was given to. The
 * first {@link #key} decides which node of a Cluster gets it.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class Command {
  private static final ConcurrentHashMap<String, Rawable> NAMES = new ConcurrentHashMap<>();

  /** Room for an append without growing. */
  private static final int USUAL_ARGUMENTS = 13;

  private final List<Rawable> arguments = new ArrayList<>(USUAL_ARGUMENTS);
  private final @Nullable Script script;
  private @Nullable RedisKey routingKey;
  private boolean repeatable;

  private Command(Rawable name, @Nullable Script script) {
    this.script = script;
    arguments.add(name);
  }

  /** A command without arguments yet, such as {@code XADD}; the name is a constant of the code. */
  public static Command of(String name) {
    return new Command(named(name), null);
  }

  /** The same for a name that its caller has made an argument of, in capital letters. */
  public static Command of(Argument name) {
    return new Command(name, null);
  }

  static Command calling(Script script, RedisKey... keys) {
    Command command = new Command(named("EVALSHA"), script);
    command.arg(script.sha1()).arg(keys.length);
    for (RedisKey key : keys) {
      command.key(key);
    }
    return command;
  }

  /** Adds a key. */
  public Command key(RedisKey key) {
    if (routingKey == null) {
      routingKey = key;
    }
    return arg(key.argument());
  }

  /** Adds a text argument. */
  public Command arg(String argument) {
    return arg(argument.getBytes(UTF_8));
  }

  /** Adds a binary argument; the array must not change any more. */
  public Command arg(byte[] argument) {
    return arg(Argument.of(argument));
  }

  /** Adds an argument that others may have too. */
  public Command arg(Argument argument) {
    arguments.add(argument);
    return this;
  }

  /** Adds a number. */
  public Command arg(long argument) {
    return arg(Long.toString(argument).getBytes(US_ASCII));
  }

  /**
   * Says that doing this twice is as good as doing it once, so that it may be sent again when its
   * reply was lost. Reads are repeatable; an append is not.
   */
  public Command repeatable() {
    repeatable = true;
    return this;
  }

  /** Whether it may be sent again when its reply was lost. */
  public boolean isRepeatable() {
    return repeatable;
  }

  /** The key that decides the node, or null if any node will do. */
  public @Nullable RedisKey routingKey() {
    return routingKey;
  }

  /** The script that this command calls, or null. */
  public @Nullable Script script() {
    return script;
  }

  /** The command's name and its arguments, as they are sent; not to be changed. */
  public List<Rawable> arguments() {
    return Collections.unmodifiableList(arguments);
  }

  /** For a script: the command with the source in place of the digest; otherwise as it is. */
  public List<Rawable> argumentsWithSource() {
    if (script == null) {
      return arguments();
    }
    List<Rawable> full = new ArrayList<>(arguments);
    full.set(0, named("EVAL"));
    full.set(1, Argument.of(script.source()));
    return full;
  }

  /** The command's name only: arguments may be secret. */
  @Override
  public String toString() {
    return script != null
        ? "script " + script.name()
        : new String(arguments.get(0).getRaw(), UTF_8);
  }

  private static Rawable named(String name) {
    Rawable known = NAMES.get(name);
    return known != null ? known : NAMES.computeIfAbsent(name, Command::encoded);
  }

  private static Rawable encoded(String name) {
    return Argument.of(name.toUpperCase(Locale.ROOT).getBytes(US_ASCII));
  }
}
