package dev.tandem.testkit;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TornLogIT {

  @Test
  void halfAScriptThatAKillLeftInTheLogNeverHappens() throws IOException {
    try (RedisServer server = OwnServer.builder().appendOnly(true).start()) {
      server.execute("SET", "whole", "1");
      List<?> setting = (List<?>) requireNonNull(server.execute("CONFIG", "GET", "dir"));
      Path directory = Path.of(String.valueOf(setting.get(1)));
      server.kill();
      Files.writeString(
          log(directory),
          "*1\r\n$5\r\nMULTI\r\n*3\r\n$5\r\nRPUSH\r\n$4\r\nlist\r\n$1\r\n1\r\n*3\r\n$5\r\nRPU",
          StandardOpenOption.APPEND);
      server.restart();
      assertThat(server.execute("LLEN", "list")).isEqualTo(0L);
      server.execute(
          "EVAL",
          "redis.call('RPUSH', KEYS[1], '2') redis.call('INCR', KEYS[2])",
          "2",
          "list",
          "n");
      server.kill();
      server.restart();
      assertThat(server.execute("LRANGE", "list", "0", "-1")).isEqualTo(List.of("2"));
      assertThat(server.execute("GET", "whole")).isEqualTo("1");
    }
  }

  private static Path log(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(
              file ->
                  file.getFileName().toString().matches("appendonly\\.aof(\\.\\d+\\.incr\\.aof)?"))
          .findAny()
          .orElseThrow();
    }
  }
}
