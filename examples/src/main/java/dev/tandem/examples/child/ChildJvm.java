package dev.tandem.examples.child;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A JVM with this program's classes, in a process of its own so that it can be killed like one. It
 * gets orders on its standard input and reports on its standard output; what it says on standard
 * error appears on ours. It dies with this process at the latest.
 *
 * <p>Thread safety: safe for use by many threads. A daemon thread of its own reads the reports.
 */
public final class ChildJvm implements AutoCloseable {
  /** How long a killed process may take to be gone. */
  public static final Duration LONGEST_END = Duration.ofSeconds(5);

  private final Process process;
  private final PrintStream orders;
  private final Consumer<String> reports;
  private final Runnable ended;
  private final Thread reader;
  private final Thread atExit;

  private ChildJvm(String name, Process process, Consumer<String> reports, Runnable ended) {
    this.process = process;
    this.orders = new PrintStream(process.getOutputStream(), true, UTF_8);
    this.reports = reports;
    this.ended = ended;
    this.reader = new Thread(this::readReports, name + "-reports");
    this.atExit = new Thread(process::destroyForcibly, name + "-end");
  }

  /**
   * Starts a process.
   *
   * @param name what its threads here are called
   * @param options options for its JVM
   * @param reports gets each line it prints, on a thread of the child's own
   * @param ended called there after the last line, when the output has ended
   * @throws IOException if it cannot be started
   */
  public static ChildJvm start(
      String name, List<String> options, Class<?> main, Consumer<String> reports, Runnable ended)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.add(main.getName());
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(Redirect.INHERIT);
    // Not as an argument: systems show only so much of a command line.
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    ChildJvm child = new ChildJvm(name, builder.start(), reports, ended);
    Runtime.getRuntime().addShutdownHook(child.atExit);
    child.reader.setDaemon(true);
    child.reader.start();
    return child;
  }

  /** Where it reads its orders. */
  public PrintStream orders() {
    return orders;
  }

  /** Its process id. */
  public long pid() {
    return process.pid();
  }

  /**
   * Kills it at once (SIGKILL).
   *
   * @return whether it is gone and its last report was read, within {@link #LONGEST_END} each
   */
  public boolean kill() throws InterruptedException {
    process.toHandle().destroyForcibly(); // the process itself would close the pipe, unread
    if (!process.waitFor(LONGEST_END.toMillis(), TimeUnit.MILLISECONDS)) {
      return false;
    }
    reader.join(LONGEST_END.toMillis());
    return !reader.isAlive();
  }

  /** Stops it from running until {@link #thaw()} (SIGSTOP). */
  public void freeze() throws InterruptedException, IOException {
    signal("-STOP");
  }

  /** Lets it go on (SIGCONT). */
  public void thaw() throws InterruptedException, IOException {
    signal("-CONT");
  }

  private void signal(String signal) throws InterruptedException, IOException {
    new ProcessBuilder("kill", signal, Long.toString(pid())).start().waitFor();
  }

  /** Ends it at once if it still runs; does not wait. */
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      return; // The JVM is ending, and the hook with it.
    }
  }

  private void readReports() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        reports.accept(line);
      }
    } catch (IOException e) {
      // The pipe broke because the process ended; whoever is told of the end knows what it means.
    } finally {
      ended.run();
    }
  }
}
