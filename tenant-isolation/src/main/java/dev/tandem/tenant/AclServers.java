package dev.tandem.tenant;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.redis.NodeReply;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/**
 * All servers that keep the same users; each is told by itself, for users are not replicated.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class AclServers {
  private final List<RedisConnection> connections;

  AclServers(List<RedisConnection> connections) {
    this.connections = List.copyOf(connections);
  }

  /**
   * Sends a command that may be repeated to all.
   *
   * @param purpose what it is to do, for the error
   * @throws MessagingException if one of them did not do it; the others did nevertheless
   */
  List<NodeReply> all(String purpose, Tenant tenant, List<String> arguments) {
    List<NodeReply> replies = ask(arguments);
    List<NodeReply> failed = replies.stream().filter(each -> each.error() != null).toList();
    if (!failed.isEmpty()) {
      throw failure(purpose, tenant, failed, replies.size());
    }
    return replies;
  }

  /** Sends a command that may be repeated to all, and tells what became of it on each. */
  List<NodeReply> ask(List<String> arguments) {
    List<NodeReply> replies = new ArrayList<>();
    for (RedisConnection connection : connections) {
      replies.addAll(connection.executeOnEveryNode(command(arguments)));
    }
    return replies;
  }

  static MessagingException failure(
      String purpose, Tenant tenant, List<NodeReply> failed, int asked) {
    MessagingException first = null;
    StringJoiner reasons = new StringJoiner("; ");
    for (NodeReply each : failed) {
      MessagingException error = each.error();
      first = first == null ? error : first;
      reasons.add(each.node() + ": " + (error == null ? "" : error.getMessage()));
    }
    String where = asked == 1 ? "" : " on " + failed.size() + " of " + asked + " servers";
    return new ServerErrorException(
        first == null ? ErrorCode.SERVER_ERROR : first.code(),
        first != null && first.retryable(),
        "cannot " + purpose + " the user of tenant " + tenant + where + "; " + reasons,
        first,
        tenant.name(),
        null);
  }

  private static Command command(List<String> arguments) {
    Command command = Command.of(arguments.get(0));
    arguments.subList(1, arguments.size()).forEach(command::arg);
    return command.repeatable();
  }
}
