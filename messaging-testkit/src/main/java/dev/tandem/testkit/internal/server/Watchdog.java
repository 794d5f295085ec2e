package dev.tandem.testkit.internal.server;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a server whose JVM died without running its shutdown hooks, for example by {@code kill -9}.
 *
 * <p>A small shell waits on a pipe from this JVM. A line means that the server has ended and there
 * is nothing to do; the pipe's end without a line means that the JVM is gone.
 */
final class Watchdog {

  private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);
  private static final String SCRIPT =
      "read -r line || { kill -9 \"$1\"; shift; rm -rf -- \"$@\"; }";

  private Watchdog() {}

  /** Watches until the server ends; {@code leftovers} are deleted if the JVM ends first. */
  static void over(Process server, List<Path> leftovers) {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("sh", "-c", SCRIPT, "tandem-watchdog", Long.toString(server.pid())));
    leftovers.forEach(path -> command.add(path.toString()));
    try {
      Process shell =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      CompletableFuture<Void> unused = server.onExit().thenRun(() -> release(shell));
    } catch (IOException e) {
      LOG.warn("No watchdog over Redis server {}: a killed JVM leaves it running", server.pid(), e);
    }
  }

  private static void release(Process shell) {
    try (OutputStream pipe = shell.getOutputStream()) {
      pipe.write("ended\n".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      LOG.debug("The watchdog {} had ended before its server", shell.pid(), e);
    }
  }
}
