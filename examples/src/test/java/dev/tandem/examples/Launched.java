package dev.tandem.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** The real program in a process of its own, as a user starts it. */
public final class Launched implements AutoCloseable {
  private static final Duration LONGEST_RUN = Duration.ofSeconds(90);

  private final Process process;
  private final List<String> out = new CopyOnWriteArrayList<>();
  private final List<String> err = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Void> outRead;
  private final CompletableFuture<Void> errRead;

  private Launched(Process process) {
    this.process = process;
    this.outRead = CompletableFuture.runAsync(() -> collect(process.getInputStream(), out));
    this.errRead = CompletableFuture.runAsync(() -> collect(process.getErrorStream(), err));
  }

  /** Starts {@code tandem} with these arguments. */
  public static Launched tandem(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Tandem.class.getName()));
    command.addAll(List.of(arguments));
    return new Launched(new ProcessBuilder(command).start());
  }

  /** Starts it and waits for its end, with nothing on its standard input. */
  public static Launched run(String... arguments) throws IOException, InterruptedException {
    Launched launched = tandem(arguments);
    launched.type("");
    launched.await();
    return launched;
  }

  /** Gives it this as its whole standard input. */
  public void type(String text) throws IOException {
    try (OutputStream in = process.getOutputStream()) {
      in.write(text.getBytes(UTF_8));
    }
  }

  public Launched await() throws InterruptedException {
    boolean ended = process.waitFor(LONGEST_RUN.toMillis(), TimeUnit.MILLISECONDS);
    if (!ended) {
      close();
    }
    assertThat(ended).as("ended in time; its output was %s and %s", out, err).isTrue();
    outRead.join();
    errRead.join();
    return this;
  }

  public int status() {
    return process.exitValue();
  }

  public List<String> out() {
    return out;
  }

  public List<String> err() {
    return err;
  }

  public String lastLine() {
    assertThat(out).as("standard output; standard error is %s", err).isNotEmpty();
    return out.get(out.size() - 1);
  }

  /** One of the counts in the last line. */
  public long count(String name) {
    for (String word : lastLine().split(" ", -1)) {
      if (word.startsWith(name + "=")) {
        return Long.parseLong(word.substring(name.length() + 1));
      }
    }
    throw new AssertionError("no " + name + " in " + lastLine());
  }

  public ProcessHandle handle() {
    return process.toHandle();
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private static void collect(InputStream from, List<String> into) {
    try (BufferedReader lines = new BufferedReader(new InputStreamReader(from, UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        into.add(line);
      }
    } catch (IOException e) {
      into.add("(broken off: " + e.getMessage() + ")");
    }
  }
}
