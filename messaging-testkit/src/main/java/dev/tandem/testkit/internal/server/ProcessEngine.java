package dev.tandem.testkit.internal.server;

import dev.tandem.testkit.RedisErrorException;
import dev.tandem.testkit.internal.resp.Endpoint;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A server that is a child process of this JVM. */
public final class ProcessEngine implements Engine {

  private static final int PORT_ATTEMPTS = 10;
  private static final long PORT_RETRY_MILLIS = 100;
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration END_TIMEOUT = Duration.ofSeconds(15);

  private final String binary;
  private final List<String> arguments;
  private final ServerSettings settings;
  private final Workspace workspace;
  private final List<Path> leftovers;
  private final ReentrantLock lock = new ReentrantLock();

  private volatile Endpoint endpoint;
  private volatile @Nullable Process process;
  private @Nullable Endpoint master;
  private boolean paused;
  private boolean closed;

  /**
   * A server from the embedded binary; {@link #start()} starts it.
   *
   * @param arguments what follows the configuration on the command line
   */
  public static ProcessEngine embedded(ServerSettings settings, String... arguments) {
    Path binary = EmbeddedBinary.path();
    return new ProcessEngine(
        binary.toString(), List.of(arguments), settings, List.of(EmbeddedBinary.directory()));
  }

  /**
   * A server from a binary of this machine; {@link #start()} starts it.
   *
   * @param arguments what follows the configuration on the command line
   */
  public static ProcessEngine of(String binary, ServerSettings settings, String... arguments) {
    return new ProcessEngine(binary, List.of(arguments), settings, List.of());
  }

  private ProcessEngine(
      String binary, List<String> arguments, ServerSettings settings, List<Path> sharedLeftovers) {
    this.binary = binary;
    this.arguments = arguments;
    this.settings = settings;
    this.workspace = Workspace.create();
    this.leftovers = new ArrayList<>(sharedLeftovers);
    this.leftovers.add(workspace.directory());
    this.endpoint = at(settings.port());
    ShutdownHook.add(this);
  }

  private Endpoint at(int port) {
    return Endpoint.of("127.0.0.1", port).withPassword(settings.password());
  }

  @Override
  public Endpoint endpoint() {
    return endpoint;
  }

  @Override
  public Endpoint endpointForReplicas() {
    return endpoint;
  }

  @Override
  public @Nullable String refusal() {
    return null;
  }

  @Override
  public void start() {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the Redis server on " + endpoint + " is closed");
      }
      if (alive()) {
        throw new IllegalStateException("the Redis server on " + endpoint + " runs already");
      }
      boolean anyPort = endpoint.port() == 0;
      for (int attempt = 1; ; attempt++) {
        if (anyPort) {
          endpoint = at(Ports.free());
        }
        try {
          launch();
          return;
        } catch (PortTakenException e) {
          if (attempt == PORT_ATTEMPTS) {
            throw e;
          }
          if (!anyPort) {
            Waiting.sleep(PORT_RETRY_MILLIS);
          }
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void launch() {
    long logStart = workspace.logSize();
    workspace.configure(settings, endpoint.port(), master);
    Process started = workspace.run(binary, arguments);
    process = started;
    paused = false;
    Watchdog.over(started, leftovers);
    boolean up;
    try {
      up = Waiting.until(settings.startTimeout(), () -> !started.isAlive() || isUp(started));
    } catch (RuntimeException e) {
      end(started);
      throw new IllegalStateException(failure("did not start", logStart), e);
    }
    if (up && started.isAlive()) {
      if (workspace.log(logStart).contains("Truncating the AOF")) {
        rewriteTornLog();
      }
      return;
    }
    end(started);
    if (workspace.log(logStart).contains("Address already in use")) {
      throw new PortTakenException(failure("found its port taken", logStart));
    }
    throw new IllegalStateException(
        up
            ? failure("ended at once with exit code " + started.exitValue(), logStart)
            : failure("did not answer PING within " + settings.startTimeout(), logStart));
  }

  /**
   * A log that a kill has torn within a transaction, or a script, keeps those of its commands that
   * are whole. They are not executed now, but Redis (6.2 and 7.0) would execute them with the next
   * transaction behind them when it loads the log again. A log that is written anew has what the
   * server has.
   */
  private void rewriteTornLog() {
    try {
      Probe.execute(endpoint, END_TIMEOUT, "BGREWRITEAOF");
    } catch (RedisErrorException e) {
      // It is being written anew already.
    }
    boolean done =
        Waiting.until(
            settings.startTimeout(),
            () ->
                Probe.info(endpoint, END_TIMEOUT, "persistence", "aof_rewrite_in_progress")
                        .equals("0")
                    && Probe.info(endpoint, END_TIMEOUT, "persistence", "aof_rewrite_scheduled")
                        .equals("0"));
    if (!done) {
      throw new IllegalStateException(
          "the Redis server on " + endpoint + " did not write its torn log anew");
    }
  }

  // Until our process has failed to bind, a stranger on the same port may answer: compare the pid.
  private boolean isUp(Process started) {
    try {
      return Probe.answers(endpoint, PROBE_TIMEOUT)
          && Probe.info(endpoint, PROBE_TIMEOUT, "server", "process_id")
              .equals(Long.toString(started.pid()));
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  private String failure(String what, long logStart) {
    return "the Redis server "
        + binary
        + " on "
        + endpoint
        + " "
        + what
        + "; its last log lines:\n"
        + workspace.lastLines(logStart);
  }

  @Override
  public void stop() {
    lock.lock();
    try {
      Process running = running();
      unfreeze(running);
      askToEnd(running);
      if (!waitFor(running)) {
        end(running);
      }
    } finally {
      lock.unlock();
    }
  }

  private void askToEnd(Process running) {
    try {
      Probe.execute(endpoint, END_TIMEOUT, "SHUTDOWN", "NOSAVE");
    } catch (UncheckedIOException e) {
      // The usual end: the server leaves without a reply.
    } catch (RedisErrorException e) {
      running.destroy();
    }
  }

  @Override
  public void kill() {
    lock.lock();
    try {
      end(running());
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void pause() {
    lock.lock();
    try {
      Signal.STOP.send(running());
      paused = true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void resume() {
    lock.lock();
    try {
      unfreeze(running());
    } finally {
      lock.unlock();
    }
  }

  private void unfreeze(Process running) {
    if (paused) {
      Signal.CONT.send(running);
      paused = false;
    }
  }

  @Override
  public void wipe() {
    lock.lock();
    try {
      if (alive()) {
        throw new IllegalStateException("the Redis server on " + endpoint + " still runs");
      }
      workspace.wipeData();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void replicaOf(@Nullable Endpoint newMaster) {
    lock.lock();
    try {
      master = newMaster;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean alive() {
    Process current = process;
    return current != null && current.isAlive();
  }

  private Process running() {
    Process current = process;
    if (current == null || !current.isAlive()) {
      throw new IllegalStateException("the Redis server on " + endpoint + " is down");
    }
    return current;
  }

  private void end(Process running) {
    running.destroyForcibly();
    if (!waitFor(running)) {
      throw new IllegalStateException(
          "the Redis server with pid " + running.pid() + " outlived SIGKILL by " + END_TIMEOUT);
    }
  }

  private static boolean waitFor(Process running) {
    try {
      return running.waitFor(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a Redis server ends", e);
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      ShutdownHook.remove(this);
      Process current = process;
      if (current != null) {
        end(current);
      }
      workspace.delete();
    } finally {
      lock.unlock();
    }
  }

  /** Somebody else listens on the port. */
  private static final class PortTakenException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    PortTakenException(String message) {
      super(message);
    }
  }
}
