package dev.tandem.redis.command;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.args.Rawable;
import redis.clients.jedis.commands.ProtocolCommand;

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
  private static final ConcurrentHashMap<String, ProtocolCommand> NAMES = new ConcurrentHashMap<>();

  private final CommandArguments arguments;
  private final @Nullable Script script;
  private @Nullable RedisKey routingKey;
  private boolean repeatable;

  private Command(CommandArguments arguments, @Nullable Script script) {
    this.arguments = arguments;
    this.script = script;
  }

  /** A command without arguments yet, such as {@code XADD}; the name is a constant of the code. */
  public static Command of(String name) {
    return new Command(new CommandArguments(named(name)), null);
  }

  static Command calling(Script script, RedisKey... keys) {
    Command command = new Command(new CommandArguments(Protocol.Command.EVALSHA), script);
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
    arguments.add(new Bytes(key.bytes()));
    return this;
  }

  /** Adds a text argument. */
  public Command arg(String argument) {
    arguments.add(argument);
    return this;
  }

  /** Adds a binary argument; the array must not change any more. */
  public Command arg(byte[] argument) {
    arguments.add(new Bytes(argument));
    return this;
  }

  /** Adds a number. */
  public Command arg(long argument) {
    arguments.add(argument);
    return this;
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

  /** The command as Jedis sends it. */
  public CommandArguments arguments() {
    return arguments;
  }

  /** For a script: the command with the source in place of the digest; otherwise as it is. */
  public CommandArguments argumentsWithSource() {
    if (script == null) {
      return arguments;
    }
    CommandArguments full = new CommandArguments(Protocol.Command.EVAL).add(script.source());
    Iterator<Rawable> rest = arguments.iterator();
    rest.next(); // the command
    rest.next(); // the digest
    rest.forEachRemaining(full::add);
    return full;
  }

  /** The command's name only: arguments may be secret. */
  @Override
  public String toString() {
    return script != null
        ? "script " + script.name()
        : new String(arguments.getCommand().getRaw(), UTF_8);
  }

  private static ProtocolCommand named(String name) {
    return NAMES.computeIfAbsent(name, Command::protocolCommand);
  }

  private static ProtocolCommand protocolCommand(String name) {
    byte[] raw = name.toUpperCase(Locale.ROOT).getBytes(US_ASCII);
    return () -> raw;
  }

  /** An argument that is not copied, other than those that Jedis makes of arrays. */
  private static final class Bytes implements Rawable {
    private final byte[] raw;

    private Bytes(byte[] raw) {
      this.raw = raw;
    }

    @Override
    public byte[] getRaw() {
      return raw;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Rawable that && Arrays.equals(raw, that.getRaw());
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(raw);
    }
  }
}
