package dev.tandem.testkit.internal.server;

import dev.tandem.testkit.RedisErrorException;
import dev.tandem.testkit.internal.resp.Endpoint;
import dev.tandem.testkit.internal.resp.RespClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Questions to a server, one connection each. */
public final class Probe {

  private Probe() {}

  /** One command on a connection of its own. */
  public static @Nullable Object execute(Endpoint endpoint, Duration timeout, String... command) {
    try (RespClient client = RespClient.connect(endpoint, timeout)) {
      return client.call(command);
    } catch (IOException e) {
      throw new UncheckedIOException(
          command[0]
              + " to "
              + endpoint
              + " failed within "
              + timeout.toMillis()
              + " ms: "
              + e.getMessage(),
          e);
    }
  }

  /** Whether PING is answered with PONG; a server that still loads its data does not count. */
  public static boolean answers(Endpoint endpoint, Duration timeout) {
    try {
      return "PONG".equals(execute(endpoint, timeout, "PING"));
    } catch (UncheckedIOException e) {
      return false;
    } catch (RedisErrorException e) {
      if (isPassing(e)) {
        return false;
      }
      throw e;
    }
  }

  // A replica that waits for its first copy answers MASTERDOWN only if it was told not to serve old
  // data.
  private static boolean isPassing(RedisErrorException e) {
    return e.code().equals("LOADING") || e.code().equals("MASTERDOWN") || e.code().equals("BUSY");
  }

  /** One field of INFO. */
  public static String info(Endpoint endpoint, Duration timeout, String section, String field) {
    String text = String.valueOf(execute(endpoint, timeout, "INFO", section));
    for (String line : text.split("\r\n", -1)) {
      if (line.startsWith(field + ":")) {
        return line.substring(field.length() + 1);
      }
    }
    return "";
  }
}
