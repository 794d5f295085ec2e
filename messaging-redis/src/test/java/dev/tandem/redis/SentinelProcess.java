package dev.tandem.redis;

import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisSource;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import redis.embedded.core.ExecutableProvider;
import redis.embedded.model.OsArchitecture;

/** A Sentinel that watches one primary, run by the same kind of binary as the test's servers. */
final class SentinelProcess implements AutoCloseable {
  private final Process process;
  private final int port;

  private SentinelProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  static SentinelProcess watching(String name, RedisServer primary, Path directory, String password)
      throws Exception {
    int port = freePort();
    Path config = directory.resolve("sentinel-" + port + ".conf");
    Files.write(
        config,
        List.of(
            "bind 127.0.0.1",
            "port " + port,
            "requirepass " + password,
            "sentinel monitor " + name + " 127.0.0.1 " + primary.port() + " 1",
            "sentinel down-after-milliseconds " + name + " 500",
            "sentinel failover-timeout " + name + " 5000"));
    Process process =
        new ProcessBuilder(binary(directory), config.toString(), "--sentinel")
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("sentinel-" + port + ".log").toFile())
            .start();
    return new SentinelProcess(process, port);
  }

  String url(String password) {
    return "redis://:" + password + "@127.0.0.1:" + port;
  }

  private static String binary(Path directory) throws IOException {
    if (RedisSource.detect() instanceof RedisSource.Executable executable) {
      return executable.command();
    }
    Path binary = directory.resolve("redis-sentinel");
    String resource =
        ExecutableProvider.newProvidedVersionsMap().get(OsArchitecture.detectOSandArchitecture());
    try (InputStream in = ExecutableProvider.class.getResourceAsStream(resource)) {
      Files.copy(in, binary);
    }
    if (!binary.toFile().setExecutable(true)) {
      throw new IOException("cannot make " + binary + " executable");
    }
    return binary.toString();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().orTimeout(10, TimeUnit.SECONDS).join();
  }
}
