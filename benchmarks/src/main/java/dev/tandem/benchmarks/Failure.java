package dev.tandem.benchmarks;

import dev.tandem.api.error.MessagingException;
import java.io.PrintWriter;
import picocli.CommandLine;
import redis.clients.jedis.exceptions.JedisException;

/** Says why a measurement failed: in one line where that is the server's doing, or a time limit. */
public final class Failure {
  private static final int STATUS = 3;

  private Failure() {}

  /** Handles the error as picocli asks for; the exit status. */
  public static int tell(Exception error, CommandLine command, CommandLine.ParseResult arguments) {
    PrintWriter err = command.getErr();
    err.println(command.getCommandName() + " failed: " + error.getMessage());
    if (!isClear(error)) {
      error.printStackTrace(err);
    }
    err.flush();
    return STATUS;
  }

  private static boolean isClear(Exception error) {
    return error instanceof MessagingException
        || error instanceof JedisException
        || error instanceof IllegalStateException;
  }
}
