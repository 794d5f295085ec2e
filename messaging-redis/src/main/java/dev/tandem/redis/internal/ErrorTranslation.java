package dev.tandem.redis.internal;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import java.util.NoSuchElementException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisAskDataException;
import redis.clients.jedis.exceptions.JedisDataException;

/** Turns what Jedis throws into the exceptions that callers decide on. */
final class ErrorTranslation {
  private static final int LONGEST_SHOWN = 300;
  private static final int DEEPEST = 16;

  /** Redis 6.2 wraps the error of a command inside a script; later ones pass it on. */
  private static final Pattern IN_SCRIPT =
      Pattern.compile(
          "(?:ERR Error (?:running|compiling) script|@user_script:).*?: -?([A-Z]{3,} .*)",
          Pattern.DOTALL);

  /** How servers before 7.2 refuse a command or key of a script: without a code of its own. */
  private static final String NO_RIGHT_IN_SCRIPT = "The user executing the script can't ";

  private ErrorTranslation() {}

  /** The connection could not be had: nothing was sent. */
  static MessagingException notSent(String endpoint, Throwable error) {
    JedisDataException refused = find(error, JedisDataException.class);
    if (refused != null) {
      return String.valueOf(refused.getMessage()).contains("max number of clients")
          ? new UnavailableException(
              "cannot reach Redis at " + endpoint + ": " + refused.getMessage(), error)
          : refused("Redis at " + endpoint + " refused the connection: ", refused, true);
    }
    if (find(error, InterruptedException.class) != null) {
      Thread.currentThread().interrupt();
      return new UnavailableException(
          "interrupted while waiting for a free connection to Redis at " + endpoint,
          new PoolExhausted(error));
    }
    if (find(error, NoSuchElementException.class) != null) {
      return new UnavailableException(
          "no free connection to Redis at " + endpoint + " within the pool's longest wait",
          new PoolExhausted(error));
    }
    return new UnavailableException(
        "cannot reach Redis at " + endpoint + ": " + rootMessage(error), error);
  }

  /** The connection failed after the command was on its way. */
  static MessagingException afterSend(String endpoint, Object command, Throwable error) {
    return new OutcomeUnknownException(
        "connection to Redis at "
            + endpoint
            + " failed before the reply to "
            + command
            + ": "
            + rootMessage(error),
        error);
  }

  /** The server refused something. */
  static MessagingException refused(JedisDataException error) {
    return refused("Redis refused: ", error, false);
  }

  /** The server refused a command. What the user may not do is named; Redis names no key. */
  static MessagingException refused(JedisDataException error, Command command) {
    if (code(innermost(String.valueOf(error.getMessage()))) != ErrorCode.ACCESS_DENIED) {
      return refused(error);
    }
    RedisKey key = command.routingKey();
    String on = key == null ? "" : " on " + shortened(key.text());
    return refused("Redis refused " + command + on + ": ", error, false);
  }

  private static MessagingException refused(
      String what, JedisDataException error, boolean connecting) {
    String message = String.valueOf(error.getMessage());
    ErrorCode code = code(innermost(message));
    boolean retryable =
        switch (code) {
          case OUT_OF_MEMORY, READ_ONLY, SERVER_BUSY, REDIRECTED -> true;
          default -> false;
        };
    return new ServerErrorException(
        code, retryable, what + shortened(message), connecting ? new NotLetIn(error) : error);
  }

  private static ErrorCode code(String message) {
    if (message.contains(NO_RIGHT_IN_SCRIPT)) {
      return ErrorCode.ACCESS_DENIED;
    }
    return switch (message.split("[ :]", 2)[0]) {
      case "OOM" -> ErrorCode.OUT_OF_MEMORY;
      case "READONLY", "MASTERDOWN", "NOREPLICAS", "MISCONF" -> ErrorCode.READ_ONLY;
      case "LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "NOSCRIPT" -> ErrorCode.SERVER_BUSY;
      case "NOAUTH", "WRONGPASS", "NOPERM" -> ErrorCode.ACCESS_DENIED;
      case "WRONGTYPE" -> ErrorCode.WRONG_TYPE;
      case "NOGROUP" -> ErrorCode.GROUP_MISSING;
      case "UNBLOCKED" ->
          message.contains("state changed") ? ErrorCode.READ_ONLY : ErrorCode.GROUP_MISSING;
      case "QUOTA_EXCEEDED" -> ErrorCode.QUOTA_EXCEEDED;
      case "MOVED", "ASK" -> ErrorCode.REDIRECTED;
      default -> ErrorCode.SERVER_ERROR;
    };
  }

  private static String innermost(String message) {
    Matcher matcher = IN_SCRIPT.matcher(message);
    return matcher.matches() ? matcher.group(1) : message;
  }

  /** Whether the server has become a replica: connections to it are of no more use for writing. */
  static boolean isDemoted(MessagingException error) {
    if (error.code() != ErrorCode.READ_ONLY || error.getCause() == null) {
      return false;
    }
    String inner = innermost(String.valueOf(error.getCause().getMessage()));
    return inner.startsWith("READONLY") || inner.startsWith("UNBLOCKED");
  }

  /** Whether no connection was free in time: the server was not even asked. */
  static boolean isPoolExhausted(MessagingException error) {
    return error.getCause() instanceof PoolExhausted;
  }

  /** Whether the server answered, but refused the connection itself. */
  static boolean isNotLetIn(MessagingException error) {
    return error.getCause() instanceof NotLetIn;
  }

  /** The node that holds the key while its slot moves, or null. */
  static @Nullable HostAndPort askedToGoTo(MessagingException error) {
    return error.getCause() instanceof JedisAskDataException ask ? ask.getTargetNode() : null;
  }

  private static String rootMessage(Throwable error) {
    Throwable root = error;
    for (int depth = 0; depth < DEEPEST; depth++) {
      Throwable next = below(root);
      if (next == null) {
        break;
      }
      root = next;
    }
    String message = root.getMessage();
    return shortened(message == null ? root.getClass().getSimpleName() : message);
  }

  private static <T extends Throwable> @Nullable T find(Throwable error, Class<T> type) {
    Throwable link = error;
    for (int depth = 0; link != null && depth < DEEPEST; depth++) {
      if (type.isInstance(link)) {
        return type.cast(link);
      }
      link = below(link);
    }
    return null;
  }

  /** Jedis keeps the reason among the suppressed ones where it tried several addresses or nodes. */
  private static @Nullable Throwable below(Throwable error) {
    if (error.getCause() != null && error.getCause() != error) {
      return error.getCause();
    }
    return error.getSuppressed().length > 0 ? error.getSuppressed()[0] : null;
  }

  private static String shortened(String message) {
    return message.length() <= LONGEST_SHOWN ? message : message.substring(0, LONGEST_SHOWN) + "…";
  }

  /** Marks an error that came from our own pool and not from the server. */
  private static final class PoolExhausted extends Exception {
    private static final long serialVersionUID = 1L;

    PoolExhausted(Throwable cause) {
      super("no pooled connection was free", cause);
    }
  }

  /** Marks an error of the login, as opposed to one of the command that was to follow. */
  private static final class NotLetIn extends Exception {
    private static final long serialVersionUID = 1L;

    NotLetIn(Throwable cause) {
      super("the connection was refused", cause);
    }
  }
}
