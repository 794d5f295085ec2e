package dev.tandem.testkit.internal.server;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Signals that {@link Process} cannot send. */
enum Signal {
  STOP,
  CONT;

  private static final int TIMEOUT_SECONDS = 10;

  /** Sends the signal to a process that this JVM started and has not yet seen end. */
  void send(Process target) {
    try {
      Process kill =
          new ProcessBuilder("kill", "-" + name(), Long.toString(target.pid()))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!kill.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS) || kill.exitValue() != 0) {
        throw new IllegalStateException("signal " + this + " did not reach pid " + target.pid());
      }
    } catch (IOException e) {
      throw new IllegalStateException(
          "signal " + this + " needs the command kill, which did not start: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while signalling pid " + target.pid(), e);
    }
  }
}
