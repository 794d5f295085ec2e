package dev.tandem.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script in a project of its own, with a Maven and a Java that only pretend. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a POSIX shell script")
class LauncherTest {
  private static final String MAVEN_SAYS =
      "Apache Maven %s (x)\\nMaven home: /m\\nJava version: %s, vendor: V\\n";
  private static final Instant OLD = Instant.parse("2020-01-01T00:00:00Z");

  @TempDir Path directory;
  private Path project;
  private Path commands;
  private Path jar;
  private Path source;

  @BeforeEach
  void makeProject() throws IOException {
    project = Files.createDirectories(directory.resolve("my project"));
    commands = Files.createDirectories(directory.resolve("bin"));
    jar = project.resolve("examples/target/tandem.jar");
    source = project.resolve("examples/src/main/java/A.java");
    Files.createDirectories(source.getParent());
    Files.writeString(source, "class A {}");
    Files.writeString(project.resolve("pom.xml"), "<project/>");
    Files.writeString(project.resolve("examples/pom.xml"), "<project/>");
    Files.copy(Path.of("../tandem"), project.resolve("tandem"));
    executable(project.resolve("tandem"));
    java("17.0.15", "for a in \"$@\"; do echo \"arg $a\"; done; cat; exit 3");
    maven("3.8.7", "17.0.15", "");
  }

  @Test
  void buildsAtFirstUseSaysSoInOneLineAndKeepsStandardOutputClean() throws Exception {
    Result result = tandem("", "quickstart", "--input", "two words");

    assertThat(result.err())
        .containsExactly(
            "tandem: building it for the first time, which may take a few minutes...",
            "Maven talks");
    assertThat(result.out())
        .containsExactly(
            "arg -Dtandem.terminal=false",
            "arg -jar",
            "arg " + jar.toRealPath(),
            "arg quickstart",
            "arg --input",
            "arg two words");
    assertThat(result.status()).isEqualTo(3);
  }

  @Test
  void benchIsAnotherProgramThatIsBuiltByItself() throws Exception {
    builtLongAfterItsSources();
    Path other = project.resolve("benchmarks/target/benchmarks.jar");

    Result result = tandem("", "bench", "--work", "produce,two words");

    assertThat(result.err())
        .containsExactly(
            "tandem: building it for the first time, which may take a few minutes...",
            "Maven talks");
    assertThat(result.out())
        .containsExactly(
            "arg -Xms1g",
            "arg -Xmx1g",
            "arg -Dtandem.terminal=false",
            "arg -Dtandem.command=tandem",
            "arg -Dtandem.home=" + project.toRealPath(),
            "arg -jar",
            "arg " + other.toRealPath(),
            "arg bench",
            "arg --work",
            "arg produce,two words");
    assertThat(result.status()).isEqualTo(3);
    assertThat(tandem("", "bench").err()).as("the second time").isEmpty();
    assertThat(Files.getLastModifiedTime(jar).toInstant()).isEqualTo(OLD.plusSeconds(60));
  }

  @Test
  void leavesStandardInputToTheProgram() throws Exception {
    assertThat(tandem("line\n", "quickstart").out()).endsWith("line");
  }

  @Test
  void aClosedStandardInputIsAnEmptyOne() throws Exception {
    builtLongAfterItsSources();

    Result result = run(project, "", "sh", "-c", "./tandem x <&-");

    assertThat(result.err()).isEmpty();
    assertThat(result.out()).endsWith("arg x");
    assertThat(result.status()).isEqualTo(3);
  }

  @Test
  void doesNotBuildWhatIsUpToDate() throws Exception {
    builtLongAfterItsSources();
    maven("3.8.7", "17.0.15", "echo unwanted >&2; exit 1");

    assertThat(tandem("").err()).isEmpty();
  }

  @Test
  void buildsAgainWhenASourceOrAPomChangedOrASourceIsGone() throws Exception {
    builtLongAfterItsSources();
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));
    assertBuiltAgain();

    builtLongAfterItsSources();
    Files.setLastModifiedTime(
        project.resolve("pom.xml"), FileTime.from(Instant.now().plusSeconds(60)));
    assertBuiltAgain();

    builtLongAfterItsSources();
    Files.delete(source);
    assertBuiltAgain();
  }

  @Test
  void buildsAgainWhatABuildThatFailedLeft() throws Exception {
    builtLongAfterItsSources();
    Files.write(jar, new byte[22]);
    Files.setLastModifiedTime(jar, FileTime.from(OLD.plusSeconds(60)));

    assertBuiltAgain();
  }

  @Test
  void worksThroughLinksAndFromAnywhere() throws Exception {
    builtLongAfterItsSources();
    Path elsewhere = Files.createDirectories(directory.resolve("else/where"));
    Path second = directory.resolve("else/second");
    Files.createSymbolicLink(second, project.resolve("tandem"));
    Path first = elsewhere.resolve("first");
    Files.createSymbolicLink(first, Path.of("../second"));

    Result result = run(elsewhere, "", "./first", "x");

    assertThat(result.err()).isEmpty();
    assertThat(result.out()).contains("arg " + jar.toRealPath(), "arg x");
  }

  @Test
  void saysWhatIsMissingOrTooOld() throws Exception {
    maven("3.6.3", "17.0.15", "");
    assertRefused("needs Maven 3.8 or newer to build itself; this is 3.6.3.");
    maven("3.10.0", "11.0.2", "");
    assertRefused("needs a JDK 17 or newer to build itself; Maven runs on 11.0.2 (set JAVA_HOME).");
    Files.delete(commands.resolve("mvn"));
    assertRefused("there is no mvn on the PATH.");
    java("1.8.0", "");
    assertRefused("needs Java 17 or newer; " + commands.resolve("java") + " is 1.8.0.");
    Files.delete(commands.resolve("java"));
    assertRefused("there is no java on the PATH.");
  }

  @Test
  void aBuildThatFailsEndsIt() throws Exception {
    maven("3.9.9", "25", "exit 1");
    assertRefused("the build failed; see above.");
  }

  private void assertBuiltAgain() throws Exception {
    assertThat(tandem("").err())
        .containsExactly("tandem: its sources have changed, building it again...", "Maven talks");
  }

  private void assertRefused(String reason) throws Exception {
    Result result = tandem("");
    assertThat(result.err()).last().asString().startsWith("tandem: ").endsWith(reason);
    assertThat(result.out()).isEmpty();
    assertThat(result.status()).isEqualTo(2);
  }

  private void builtLongAfterItsSources() throws IOException {
    try (var files = Files.walk(project)) {
      for (Path file : files.toList()) {
        Files.setLastModifiedTime(file, FileTime.from(OLD));
      }
    }
    Files.createDirectories(jar.getParent());
    Files.deleteIfExists(jar);
    Files.createFile(jar);
    Files.setLastModifiedTime(jar, FileTime.from(OLD.plusSeconds(60)));
  }

  private void java(String version, String does) throws IOException {
    command(
        "java",
        "[ \"$1\" = -version ] && { echo 'openjdk version \""
            + version
            + "\"' >&2; exit 0; }\n"
            + does);
  }

  private void maven(String version, String javaVersion, String does) throws IOException {
    command(
        "mvn",
        "case \"$*\" in *-v) printf '"
            + MAVEN_SAYS.formatted(version, javaVersion)
            + "'; exit 0;; esac\necho 'Maven talks'\n"
            + does
            + "\ncat > /dev/null\ncase \"$*\" in\n"
            + "*'-pl benchmarks -am package') jar=benchmarks/target/benchmarks.jar ;;\n"
            + "*'-pl examples -am package') jar=examples/target/tandem.jar ;;\n"
            + "esac\nmkdir -p \"${jar%/*}\"\ntouch \"$jar\"");
  }

  private void command(String name, String script) throws IOException {
    executable(Files.writeString(commands.resolve(name), "#!/bin/sh\n" + script + "\n"));
  }

  private static void executable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Result tandem(String input, String... arguments) throws Exception {
    return run(directory, input, project.resolve("tandem").toString(), arguments);
  }

  private Result run(Path where, String input, String program, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(List.of(arguments));
    Path err = directory.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(where.toFile()).redirectError(err.toFile());
    builder.environment().remove("JAVA_HOME");
    builder.environment().put("PATH", commands + ":" + tools());
    Process process = builder.start();
    try (OutputStream in = process.getOutputStream()) {
      in.write(input.getBytes(UTF_8));
    }
    List<String> out = new String(process.getInputStream().readAllBytes(), UTF_8).lines().toList();
    return new Result(out, Files.readAllLines(err), process.waitFor());
  }

  /** A directory with the tools that the script may use, and neither a Java nor a Maven. */
  private Path tools() throws IOException {
    Path tools = directory.resolve("tools");
    if (Files.isDirectory(tools)) {
      return tools;
    }
    Files.createDirectories(tools);
    for (String tool :
        List.of(
            "sh", "dirname", "readlink", "awk", "sed", "head", "find", "cat", "mkdir", "touch")) {
      for (String place : List.of("/bin", "/usr/bin")) {
        Path found = Path.of(place, tool);
        if (Files.isExecutable(found) && !Files.exists(tools.resolve(tool))) {
          executable(
              Files.writeString(tools.resolve(tool), "#!/bin/sh\nexec " + found + " \"$@\"\n"));
        }
      }
    }
    return tools;
  }

  private record Result(List<String> out, List<String> err, int status) {}
}
