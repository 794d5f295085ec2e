package dev.tandem.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is left of a server whose JVM ends: nothing, whichever way it ends. */
@Timeout(120)
class JvmEndIT {

  private static final String SOURCES = "tandem.redis.";

  @TempDir private Path temp;

  /** The other JVM: starts two servers, says so, and waits for its end. */
  static final class Child {
    public static void main(String[] args) throws Exception {
      String image = System.getProperty("image");
      if (image != null) {
        RedisServer.builder().source(RedisSource.image(image)).start();
      }
      for (int i = 0; i < 2; i++) {
        RedisServer server = OwnServer.start();
        String id = String.valueOf(server.execute("INFO", "server"));
        String pid = id.lines().filter(line -> line.startsWith("process_id:")).findFirst().get();
        System.out.println(pid);
      }
      System.out.println("ready");
      Thread.currentThread().join(TimeUnit.MINUTES.toMillis(2));
    }
  }

  @Test
  void aTerminatedJvmEndsItsServers() throws Exception {
    Process jvm = child(System.getProperty("java.class.path"));
    List<Long> pids = serversOf(jvm);
    jvm.destroy();
    assertNothingIsLeft(jvm, pids);
  }

  @Test
  void aKilledJvmLeavesNoServers() throws Exception {
    Process jvm = child(System.getProperty("java.class.path"));
    List<Long> pids = serversOf(jvm);
    jvm.destroyForcibly();
    assertNothingIsLeft(jvm, pids);
  }

  @Test
  void withoutTestcontainersAnImageIsRefusedInClearWords() throws Exception {
    String classPath =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.contains("testcontainers"))
            .reduce((a, b) -> a + File.pathSeparator + b)
            .orElseThrow();
    Process jvm = child(classPath, "-Dimage=redis:8.2");
    assertThat(jvm.waitFor(60, TimeUnit.SECONDS)).isTrue();
    String output = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(output)
        .contains("container image redis:8.2 needs org.testcontainers:testcontainers");
  }

  private Process child(String classPath, String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Djava.io.tmpdir=" + temp);
    System.getProperties()
        .forEach(
            (name, value) -> {
              if (name.toString().startsWith(SOURCES)) {
                command.add("-D" + name + "=" + value);
              }
            });
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", classPath, Child.class.getName()));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static List<Long> serversOf(Process jvm) throws IOException {
    BufferedReader output = jvm.inputReader(StandardCharsets.UTF_8);
    List<Long> pids = new ArrayList<>();
    List<String> seen = new ArrayList<>();
    for (String line = output.readLine(); !"ready".equals(line); line = output.readLine()) {
      assertThat(line).as("the JVM ended early: %s", seen).isNotNull();
      seen.add(line);
      if (line.startsWith("process_id:")) {
        pids.add(Long.valueOf(line.substring("process_id:".length()).trim()));
      }
    }
    assertThat(pids).hasSize(2).allMatch(JvmEndIT::alive);
    return pids;
  }

  private void assertNothingIsLeft(Process jvm, List<Long> pids) throws Exception {
    assertThat(jvm.waitFor(30, TimeUnit.SECONDS)).isTrue();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              assertThat(pids).noneMatch(JvmEndIT::alive);
              try (Stream<Path> left = Files.list(temp)) {
                assertThat(left.map(path -> path.getFileName().toString()))
                    .noneMatch(name -> name.startsWith("tandem-"));
              }
            });
  }

  // An orphan that has ended may stay listed until its new parent looks after it.
  private static boolean alive(long pid) {
    Path status = Path.of("/proc/" + pid + "/stat");
    try {
      if (Files.exists(status)) {
        return !Files.readString(status).contains(") Z ");
      }
    } catch (IOException e) {
      return false;
    }
    return ProcessHandle.of(pid).isPresent();
  }
}
