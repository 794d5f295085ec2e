package dev.tandem.redis.internal;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Script;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.args.Rawable;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * Sends commands over a connection and reads the replies. The first call of a script that the
 * server may not know carries its source, the others its digest.
 *
 * <p>A call that was answered NOSCRIPT did nothing, so calling it again cannot do it twice; calls
 * that met NOSCRIPT in one pipeline are called again in their order, after the rest of the
 * pipeline. That happens only where the server forgot a script it has already run for us.
 *
 * <p>Thread safety: safe for use by many threads, one per connection.
 */
final class Exchange {
  private static final int SCRIPT_ROUNDS = 3;

  private final String endpoint;
  private final BooleanSupplier cut;
  private final KnownScripts knownScripts = new KnownScripts();

  Exchange(String endpoint) {
    this(endpoint, () -> false);
  }

  /**
   * For a connection that others may cut.
   *
   * @param cut whether it was cut: asked before writing, and between writing and reading, because
   *     Jedis may have written to a new connection then
   */
  Exchange(String endpoint, BooleanSupplier cut) {
    this.endpoint = endpoint;
    this.cut = cut;
  }

  /** Sends one command; throws what became of it if it failed. */
  @Nullable Object one(Connection connection, Command command) {
    return valueOf(all(connection, List.of(command)).get(0));
  }

  /** Sends one command to the node that its key is moving to. */
  @Nullable Object asking(Connection connection, Command command) {
    List<Command> commands = List.of(Command.of("ASKING"), command);
    Object reply = round(connection, commands, Command::argumentsWithSource).get(1);
    return valueOf(
        reply instanceof JedisDataException refused
            ? ErrorTranslation.refused(refused, command)
            : reply);
  }

  private static @Nullable Object valueOf(@Nullable Object reply) {
    if (reply instanceof MessagingException error) {
      throw error;
    }
    return reply;
  }

  /** Sends all, and gives a reply or a MessagingException for each. */
  List<@Nullable Object> all(Connection connection, List<Command> commands) {
    return repliesTo(connection, commands, write(connection, commands), true);
  }

  /**
   * Writes commands, for {@link #repliesTo} later; others written before may wait for their replies
   * still.
   *
   * @return what broke meanwhile, or null
   */
  @Nullable RuntimeException write(Connection connection, List<Command> commands) {
    return write(connection, commands, sourceOnce(knownScripts.on(connection)::contains));
  }

  /**
   * Reads the replies to commands {@linkplain #write written} before.
   *
   * @param isLast whether nothing was written behind them; only then are calls that met NOSCRIPT
   *     called again
   */
  List<@Nullable Object> repliesTo(
      Connection connection,
      List<Command> commands,
      @Nullable RuntimeException broken,
      boolean isLast) {
    Set<String> known = knownScripts.on(connection);
    List<@Nullable Object> replies = read(connection, commands, broken);
    for (int i = 1; i < SCRIPT_ROUNDS && anyUnknown(replies); i++) {
      known.clear();
      if (!isLast) {
        break;
      }
      repeatUnknown(connection, commands, replies);
    }
    if (connection.isBroken()) {
      known.clear();
    } else {
      remember(known, commands, replies);
    }
    for (int i = 0; i < replies.size(); i++) {
      if (replies.get(i) instanceof JedisDataException refused) {
        replies.set(i, ErrorTranslation.refused(refused, commands.get(i)));
      }
    }
    return replies;
  }

  private static boolean anyUnknown(List<@Nullable Object> replies) {
    for (Object reply : replies) {
      if (reply instanceof JedisNoScriptException) {
        return true;
      }
    }
    return false;
  }

  private void repeatUnknown(
      Connection connection, List<Command> commands, List<@Nullable Object> replies) {
    List<Integer> places = new ArrayList<>();
    List<Command> again = new ArrayList<>();
    for (int i = 0; i < replies.size(); i++) {
      if (replies.get(i) instanceof JedisNoScriptException) {
        places.add(i);
        again.add(commands.get(i));
      }
    }
    if (connection.isBroken()) {
      JedisConnectionException why = new JedisConnectionException("the connection broke before");
      places.forEach(place -> replies.set(place, ErrorTranslation.notSent(endpoint, why)));
      return;
    }
    List<@Nullable Object> second = round(connection, again, sourceOnce(sha1 -> false));
    for (int i = 0; i < again.size(); i++) {
      replies.set(places.get(i), second.get(i));
    }
  }

  private static void remember(
      Set<String> known, List<Command> commands, List<@Nullable Object> replies) {
    for (int i = 0; i < replies.size(); i++) {
      Script script = commands.get(i).script();
      if (script != null && !known.contains(script.sha1()) && isProof(replies.get(i))) {
        known.add(script.sha1());
      }
    }
  }

  private static boolean isProof(@Nullable Object reply) {
    return !(reply instanceof JedisDataException || reply instanceof MessagingException);
  }

  /** Gives the first call of each script that is not known its source. */
  private static Function<Command, List<Rawable>> sourceOnce(Predicate<String> known) {
    Set<String> sent = new HashSet<>(0);
    return command -> {
      Script script = command.script();
      return script == null || known.test(script.sha1()) || !sent.add(script.sha1())
          ? command.arguments()
          : command.argumentsWithSource();
    };
  }

  /** Writes all commands, then reads as many replies; what broke stands in place of the rest. */
  private List<@Nullable Object> round(
      Connection connection, List<Command> commands, Function<Command, List<Rawable>> form) {
    return read(connection, commands, write(connection, commands, form));
  }

  private @Nullable RuntimeException write(
      Connection connection, List<Command> commands, Function<Command, List<Rawable>> form) {
    Wire wire = new Wire();
    try {
      requireWhole(); // or Jedis might connect again
      for (Command command : commands) {
        connection.sendCommand(wire.carrying(form.apply(command)));
      }
      connection.getMany(0); // flushes
      requireWhole();
      return null;
    } catch (RuntimeException broken) {
      connection.setBroken();
      return broken;
    }
  }

  private void requireWhole() {
    if (cut.getAsBoolean()) {
      throw new JedisConnectionException("the connection was cut");
    }
  }

  private List<@Nullable Object> read(
      Connection connection, List<Command> commands, @Nullable RuntimeException brokenBefore) {
    List<@Nullable Object> replies = new ArrayList<>(commands.size());
    RuntimeException broken = brokenBefore;
    while (broken == null && replies.size() < commands.size()) {
      try {
        replies.add(connection.getUnflushedObject());
      } catch (JedisDataException refused) {
        replies.add(refused);
      } catch (RuntimeException e) { // Jedis throws others too on a reply it cannot read
        connection.setBroken();
        broken = e;
      }
    }
    while (broken != null && replies.size() < commands.size()) {
      replies.add(ErrorTranslation.afterSend(endpoint, commands.get(replies.size()), broken));
    }
    return replies;
  }
}
