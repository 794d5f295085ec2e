package dev.tandem.redis.internal;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.error.UnavailableException;
import java.util.NoSuchElementException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/** Turns what Jedis throws into the exceptions that callers decide on. */
final class ErrorTranslation {
  private static final int LONGEST_SHOWN = 300;

  // Before Redis 7.0 an error raised inside a script is wrapped: "ERR Error running script (call to
  // f_…): @user_script:1: NOGROUP …".
  private static final Pattern RAISED_IN_SCRIPT =
      Pattern.compile("@user_script: ?\\d+: -?([A-Z]{2,})\\b");

  private ErrorTranslation() {}

  /** The connection could not be had: nothing was sent. */
  static MessagingException notSent(String endpoint, Throwable error) {
    if (error instanceof JedisDataException refused) {
      return refused(refused);
    }
    if (error.getCause() instanceof NoSuchElementException) {
      return new UnavailableException(
          "no free connection to Redis at " + endpoint + " within the pool's longest wait", error);
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

  /** The server refused a command. */
  static MessagingException refused(JedisDataException error) {
    String message = String.valueOf(error.getMessage());
    String prefix = raisedInScript(message);
    if (prefix.isEmpty()) {
      prefix = message.split("[ :]", 2)[0];
    }
    ErrorCode code =
        switch (prefix) {
          case "OOM" -> ErrorCode.OUT_OF_MEMORY;
          case "READONLY", "MASTERDOWN", "NOREPLICAS", "MISCONF" -> ErrorCode.READ_ONLY;
          case "LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN" -> ErrorCode.SERVER_BUSY;
          case "NOAUTH", "WRONGPASS", "NOPERM" -> ErrorCode.ACCESS_DENIED;
          case "WRONGTYPE" -> ErrorCode.WRONG_TYPE;
          case "NOGROUP", "UNBLOCKED" -> ErrorCode.GROUP_MISSING;
          case "MOVED", "ASK" -> ErrorCode.REDIRECTED;
          default -> ErrorCode.SERVER_ERROR;
        };
    boolean retryable =
        switch (code) {
          case OUT_OF_MEMORY, READ_ONLY, SERVER_BUSY, REDIRECTED -> true;
          default -> false;
        };
    return new ServerErrorException(code, retryable, "Redis refused: " + shortened(message), error);
  }

  private static String raisedInScript(String message) {
    String code = "";
    Matcher matcher = RAISED_IN_SCRIPT.matcher(message);
    while (matcher.find()) {
      code = matcher.group(1);
    }
    return code;
  }

  static boolean isConnectionFailure(Throwable error) {
    return error instanceof JedisConnectionException;
  }

  private static String rootMessage(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    String message = root.getMessage();
    return shortened(message == null ? root.getClass().getSimpleName() : message);
  }

  private static String shortened(String message) {
    return message.length() <= LONGEST_SHOWN ? message : message.substring(0, LONGEST_SHOWN) + "…";
  }
}
