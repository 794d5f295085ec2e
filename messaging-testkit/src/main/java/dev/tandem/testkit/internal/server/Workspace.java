package dev.tandem.testkit.internal.server;

import dev.tandem.testkit.internal.resp.Endpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The directory of one server: its configuration, its log, and its data apart from both. */
final class Workspace {

  private static final int LAST_LINES = 20;

  private final Path directory;

  private Workspace(Path directory) {
    this.directory = directory;
  }

  static Workspace create() {
    try {
      Path directory = Files.createTempDirectory("tandem-redis-");
      Files.createDirectory(directory.resolve("data"));
      return new Workspace(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("no temporary directory for a Redis server", e);
    }
  }

  Path directory() {
    return directory;
  }

  private Path data() {
    return directory.resolve("data");
  }

  private Path logFile() {
    return directory.resolve("server.log");
  }

  void configure(ServerSettings settings, int port, @Nullable Endpoint master) {
    List<String> lines =
        new ArrayList<>(settings.configuration("127.0.0.1", port, data().toString()));
    if (master != null) {
      lines.add("replicaof " + master.host() + " " + master.port());
    }
    try {
      Files.write(directory.resolve("redis.conf"), lines, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("the configuration of a Redis server could not be written", e);
    }
  }

  Process run(String binary, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(binary);
    command.add(directory.resolve("redis.conf").toString());
    command.addAll(arguments);
    try {
      return new ProcessBuilder(command)
          .directory(data().toFile())
          .redirectErrorStream(true)
          .redirectOutput(Redirect.appendTo(logFile().toFile()))
          .start();
    } catch (IOException e) {
      throw new IllegalStateException(
          "the Redis server " + binary + " could not be started: " + e.getMessage(), e);
    }
  }

  long logSize() {
    try {
      return Files.exists(logFile()) ? Files.size(logFile()) : 0;
    } catch (IOException e) {
      throw new UncheckedIOException("the log of a Redis server could not be read", e);
    }
  }

  String log(long from) {
    try {
      byte[] all = Files.readAllBytes(logFile());
      int start = (int) Math.min(from, all.length);
      return new String(all, start, all.length - start, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "(the log could not be read: " + e.getMessage() + ")";
    }
  }

  String lastLines(long from) {
    List<String> lines = log(from).lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
  }

  void wipeData() {
    delete(data());
    try {
      Files.createDirectory(data());
    } catch (IOException e) {
      throw new UncheckedIOException("the data directory of a Redis server could not be made", e);
    }
  }

  void delete() {
    delete(directory);
  }

  private static void delete(Path root) {
    try (Stream<Path> tree = Files.walk(root)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the directory of a Redis server could not be deleted", e);
    }
  }
}
