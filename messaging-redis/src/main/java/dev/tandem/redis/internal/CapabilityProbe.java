package dev.tandem.redis.internal;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.ServerCapabilities;
import dev.tandem.redis.ServerFeature;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Asks a server what it is and what it can do. A user who may not run INFO is told by HELLO; a
 * feature that could only be proven by a COMMAND that is denied counts as missing.
 */
public final class CapabilityProbe {
  private CapabilityProbe() {}

  /** Asks the server behind this executor. */
  public static ServerCapabilities ask(CommandExecutor executor) {
    Map<String, String> info = serverInfo(executor);
    boolean valkey = info.containsKey("valkey_version") || "valkey".equals(info.get("server_name"));
    String product = valkey ? "valkey" : "redis";
    String version =
        info.getOrDefault(
            info.containsKey("valkey_version") ? "valkey_version" : "redis_version",
            ServerCapabilities.UNKNOWN);
    Set<ServerFeature> features = EnumSet.noneOf(ServerFeature.class);
    for (ServerFeature feature : ServerFeature.values()) {
      if (feature.isIn(product, version) && knows(executor, feature.command())) {
        features.add(feature);
      }
    }
    return new ServerCapabilities(product, version, features);
  }

  private static Map<String, String> serverInfo(CommandExecutor executor) {
    Map<String, String> info = new HashMap<>();
    Object text = unlessDenied(executor, Command.of("INFO").arg("server"));
    if (text != null) {
      Replies.text(text)
          .lines()
          .map(line -> line.split(":", 2))
          .filter(parts -> parts.length == 2)
          .forEach(parts -> info.put(parts[0], parts[1].strip()));
      return info;
    }
    Map<String, @Nullable Object> hello = Replies.map(unlessDenied(executor, Command.of("HELLO")));
    if (hello.get("version") != null && hello.get("server") != null) {
      String server = Replies.text(hello.get("server"));
      info.put("server_name", server);
      info.put(
          server.equals("valkey") ? "valkey_version" : "redis_version",
          Replies.text(hello.get("version")));
    }
    return info;
  }

  private static boolean knows(CommandExecutor executor, @Nullable String command) {
    if (command == null) {
      return true;
    }
    Object reply = unlessDenied(executor, Command.of("COMMAND").arg("INFO").arg(command));
    return Replies.list(reply).stream().anyMatch(entry -> entry != null);
  }

  private static @Nullable Object unlessDenied(CommandExecutor executor, Command command) {
    try {
      return executor.execute(command.repeatable());
    } catch (MessagingException e) {
      if (e.code() != ErrorCode.ACCESS_DENIED || ErrorTranslation.isNotLetIn(e)) {
        throw e;
      }
      return null;
    }
  }
}
