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

/** Asks a server what it is and what it can do; needs no more than HELLO, INFO or COMMAND. */
public final class CapabilityProbe {
  private CapabilityProbe() {}

  /** Asks the server behind this executor. */
  public static ServerCapabilities ask(CommandExecutor executor) {
    Map<String, String> info = serverInfo(executor);
    boolean valkey = info.containsKey("valkey_version");
    String product = valkey ? "valkey" : "redis";
    String version =
        info.getOrDefault(valkey ? "valkey_version" : "redis_version", ServerCapabilities.UNKNOWN);
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
    try {
      String text = Replies.text(executor.execute(Command.of("INFO").arg("server").repeatable()));
      text.lines()
          .map(line -> line.split(":", 2))
          .filter(parts -> parts.length == 2)
          .forEach(parts -> info.put(parts[0], parts[1].strip()));
    } catch (MessagingException e) {
      if (e.code() != ErrorCode.ACCESS_DENIED) {
        throw e;
      }
    }
    return info;
  }

  private static boolean knows(CommandExecutor executor, @Nullable String command) {
    if (command == null) {
      return true;
    }
    try {
      Object reply = executor.execute(Command.of("COMMAND").arg("INFO").arg(command).repeatable());
      return Replies.list(reply).stream().anyMatch(entry -> entry != null);
    } catch (MessagingException e) {
      if (e.code() != ErrorCode.ACCESS_DENIED) {
        throw e;
      }
      return false;
    }
  }
}
