package dev.tandem.redis.internal;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Script;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * Sends commands over one connection and reads the replies, loading scripts that the server does
 * not know. A call that was answered NOSCRIPT did nothing, so calling it again cannot do it twice;
 * calls that met NOSCRIPT in one pipeline are called again in their order.
 */
final class Exchange {
  private final String endpoint;

  Exchange(String endpoint) {
    this.endpoint = endpoint;
  }

  /** Sends one command; throws what became of it if it failed. */
  @Nullable Object one(Connection connection, Command command) {
    Object reply = round(connection, List.of(command)).get(0);
    if (reply instanceof JedisNoScriptException) {
      reply = again(connection, List.of(command)).get(0);
    }
    Object settled = settled(reply);
    if (settled instanceof MessagingException error) {
      throw error;
    }
    return settled;
  }

  /** Sends all, and gives a reply or a MessagingException for each. */
  List<@Nullable Object> all(Connection connection, List<Command> commands) {
    List<@Nullable Object> replies = round(connection, commands);
    List<Integer> unknown = new ArrayList<>(0);
    for (int i = 0; i < replies.size(); i++) {
      if (replies.get(i) instanceof JedisNoScriptException) {
        unknown.add(i);
      } else {
        replies.set(i, settled(replies.get(i)));
      }
    }
    if (!unknown.isEmpty()) {
      List<@Nullable Object> second =
          again(connection, unknown.stream().map(commands::get).toList());
      for (int i = 0; i < unknown.size(); i++) {
        replies.set(unknown.get(i), settled(second.get(i)));
      }
    }
    return replies;
  }

  private List<@Nullable Object> again(Connection connection, List<Command> commands) {
    List<Script> scripts =
        commands.stream().map(Command::script).filter(s -> s != null).distinct().toList();
    try {
      for (Script script : scripts) {
        connection.sendCommand(
            new CommandArguments(Protocol.Command.SCRIPT).add("LOAD").add(script.source()));
      }
      connection.getMany(scripts.size());
    } catch (JedisException e) {
      List<@Nullable Object> replies = new ArrayList<>();
      commands.forEach(c -> replies.add(ErrorTranslation.notSent(endpoint, e)));
      return replies;
    }
    return round(connection, commands);
  }

  /** Writes all commands, then reads as many replies; what broke stands in place of the rest. */
  private List<@Nullable Object> round(Connection connection, List<Command> commands) {
    List<@Nullable Object> replies = new ArrayList<>(commands.size());
    try {
      for (Command command : commands) {
        connection.sendCommand(command.arguments());
      }
      connection.getMany(0); // flushes
      while (replies.size() < commands.size()) {
        try {
          replies.add(connection.getUnflushedObject());
        } catch (JedisDataException refused) {
          replies.add(refused);
        }
      }
    } catch (JedisException broken) {
      while (replies.size() < commands.size()) {
        replies.add(ErrorTranslation.afterSend(endpoint, commands.get(replies.size()), broken));
      }
    }
    return replies;
  }

  private static @Nullable Object settled(@Nullable Object reply) {
    return reply instanceof JedisDataException refused ? ErrorTranslation.refused(refused) : reply;
  }
}
