package dev.tandem.benchmarks.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsFileTest {
  @TempDir Path directory;

  @Test
  void theFieldsStandInTheOrderThatReadersKnow() throws IOException {
    Path file = directory.resolve("new/results/latest.json");

    ResultsFile.at(file).write(Samples.results("produce"));

    assertThat(Files.readString(file).replaceAll("\\s", ""))
        .isEqualTo(
            "[{\"work\":\"produce\",\"contender\":\"jedis\",\"perSecond\":1000.0,"
                + "\"p50Micros\":null,\"p99Micros\":null,\"ratioToJedis\":1.0,\"lost\":0,"
                + "\"ratioLeast\":1.0,\"ratioMost\":1.0,\"clientCpuMicros\":2.0,"
                + "\"serverCpuMicros\":1.0,\"allocatedBytes\":300.0,\"description\":\"byhand\"},"
                + "{\"work\":\"produce\",\"contender\":\"tandem\",\"perSecond\":799.2,"
                + "\"p50Micros\":200.0,\"p99Micros\":null,\"ratioToJedis\":0.799,\"lost\":6,"
                + "\"ratioLeast\":0.5,\"ratioMost\":0.999,\"clientCpuMicros\":2.0,"
                + "\"serverCpuMicros\":1.0,\"allocatedBytes\":300.0,\"description\":\"ours\"}]");
  }

  @Test
  void whatWasThereIsReplacedAndNothingElseIsLeft() throws IOException {
    Path file = Files.writeString(directory.resolve("latest.json"), "older");

    ResultsFile.at(file).write(List.of());

    assertThat(file).content().isEqualToIgnoringWhitespace("[]");
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aPlaceThatCannotHoldItIsRefusedBeforeAnythingIsMeasured() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "");

    assertThatThrownBy(() -> ResultsFile.at(directory)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> ResultsFile.at(file.resolve("latest.json")))
        .isInstanceOf(IOException.class);
  }
}
