package dev.tandem.benchmarks.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.benchmarks.BadUsage;
import dev.tandem.benchmarks.Failure;
import dev.tandem.benchmarks.harness.OwnServer;
import dev.tandem.benchmarks.harness.Server;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import redis.clients.jedis.Jedis;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@ExtendWith(OwnServer.class)
class BenchCommandIT {
  @TempDir Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void aWorkThatIsNamedIsMeasuredAndWritten() throws IOException {
    Path file = directory.resolve("results/some.json");

    int status = bench("--quick", "--rounds=1", "--work=produce-blocking", "--results=" + file);

    assertThat(status).as("%s%s", out, err).isZero();
    assertThat(out.toString())
        .contains("Redis ", "x jedis", "produce-blocking", directory.resolve("results").toString());
    assertThat(err.toString()).isEmpty();
    assertThat(directory.resolve("results/produce-blocking.svg")).isNotEmptyFile();
    JsonNode results = JsonMapper.shared().readTree(Files.readString(file));
    assertThat(results.findValuesAsString("work")).containsOnly("produce-blocking");
    assertThat(results.findValuesAsString("contender"))
        .startsWith("jedis", "tandem")
        .doesNotHaveDuplicates();
  }

  @Test
  void badUsageIsOneErrorAndTheUsage() throws IOException {
    assertRefused("--work must be among [produce, ", "--work=sell");
    assertRefused("--rounds must be at least 1, not 0", "--rounds=0");
    assertRefused("Unknown option: '--fast'", "--fast");
    assertRefused("results cannot be written to ", "--results=" + directory);
    assertRefused("Invalid value for option '--redis'", "--redis=:");
  }

  @Test
  void aRedisThatIsNotThereIsBadUsageToo() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    String results = "--results=" + directory.resolve("latest.json");
    assertRefused("no Redis to measure with: ", "--redis=redis://localhost:" + port, results);
    assertRefused("no Redis to measure with: ", "--redis=http://localhost:" + port, results);
  }

  @Test
  void whatTheServerRefusesIsOneLineAndNoTrace(Server server) {
    try (Jedis jedis = new Jedis(server.url())) {
      jedis.aclSetUser("reader", "on", ">x", "~*", "&*", "+@all", "-xadd");
    }
    String url = server.url().toString().replace("redis://", "redis://reader:x@");
    String results = "--results=" + directory.resolve("latest.json");

    int status =
        bench("--quick", "--rounds=1", "--work=produce-blocking", results, "--redis=" + url);

    assertThat(status).isEqualTo(3);
    assertThat(err.toString())
        .startsWith("bench failed: ")
        .contains("NOPERM")
        .doesNotContain("\tat ");
  }

  private void assertRefused(String reason, String... arguments) {
    err.getBuffer().setLength(0);
    assertThat(bench(arguments)).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("tandem: " + reason)
        .containsOnlyOnce("Usage: ")
        .doesNotContain("\tat ");
    assertThat(out.toString()).isEmpty();
  }

  private int bench(String... arguments) {
    return new CommandLine(new BenchCommand())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .setParameterExceptionHandler(BadUsage::refuse)
        .setExecutionExceptionHandler(Failure::tell)
        .execute(arguments);
  }
}
