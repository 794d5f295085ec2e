package dev.tandem.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.examples.Launched;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole program on a Redis that it starts itself. */
class QuickstartIT {
  private static final String ALL_IS_WELL =
      "published=%1$d handled=%1$d delivered=%1$d failedOver=[1-9]\\d* recovered=[1-9]\\d*"
          + " redelivered=\\d+ deadLettered=0 gaps=0 lost=0 rejected=%2$d";

  @TempDir Path directory;

  @Test
  void playsTheEventsThatComeWithIt() throws Exception {
    long begin = System.nanoTime();
    Launched run = Launched.run("quickstart");
    Duration took = Duration.ofNanos(System.nanoTime() - begin);

    assertThat(run.err()).isEmpty();
    assertThat(run.lastLine()).matches(ALL_IS_WELL.formatted(1_707, 0));
    assertThat(run.count("redelivered")).isGreaterThanOrEqualTo(run.count("failedOver"));
    assertThat(run.status()).isZero();
    assertThat(took).isLessThan(Duration.ofSeconds(60));
    assertThat(run.out()).filteredOn(line -> line.startsWith("published=")).hasSize(1);
  }

  @Test
  void playsAFileWithOtherFields() throws Exception {
    String lines =
        IntStream.range(0, 48)
            .mapToObj(i -> "{\"shop\":" + i % 3 + ",\"what\":\"order\",\"items\":[" + i + "]}")
            .collect(Collectors.joining("\n"));

    Launched run =
        Launched.run("quickstart", "--input", file(lines), "--tenant=shop", "--type", "what");

    assertThat(run.err()).isEmpty();
    assertThat(run.lastLine()).matches(ALL_IS_WELL.formatted(48, 0));
    assertThat(run.status()).isZero();
  }

  @Test
  void reportsBadLinesAndPlaysTheRest() throws Exception {
    StringBuilder lines =
        new StringBuilder("{\"net\":\"a b\"}\n[1]\n\n{\"type\":\"x\"}\n{\"net\":\n");
    for (int i = 0; i < 40; i++) {
      lines.append("{\"net\":\"ok\"}\n");
    }

    Launched run = Launched.run("quickstart", "--input", file(lines.toString()));

    assertThat(run.err()).hasSize(4);
    assertThat(run.err().get(0)).startsWith("line 1: names a bad tenant");
    assertThat(run.err().get(1)).isEqualTo("line 2: is not a JSON object");
    assertThat(run.err().get(2)).isEqualTo("line 4: lacks the tenant field 'net'");
    assertThat(run.err().get(3)).startsWith("line 5: is not a JSON object");
    assertThat(run.lastLine()).matches(ALL_IS_WELL.formatted(40, 4));
    assertThat(run.status()).isEqualTo(3);
  }

  @Test
  void playsASingleEventFromStandardInput() throws Exception {
    try (Launched run = Launched.tandem("quickstart", "--input", "-")) {
      run.type("{\"net\":\"ak\"}");
      run.await();

      assertThat(run.err()).isEmpty();
      assertThat(run.lastLine()).startsWith("published=1 handled=1 delivered=1 ");
      assertThat(run.lastLine()).endsWith(" deadLettered=0 gaps=0 lost=0 rejected=0");
      assertThat(run.status()).isZero();
    }
  }

  @Test
  void anEmptyInputIsPlayedAtOnce() throws Exception {
    Launched run = Launched.run("quickstart", "--input", "-");

    assertThat(run.err()).isEmpty();
    assertThat(run.lastLine()).isEqualTo(Summary.ofNothing(0).line());
    assertThat(run.status()).isZero();
  }

  @Test
  void nothingButBadLinesIsPlayedAtOnceToo() throws Exception {
    Launched run = Launched.run("quickstart", "--input", file("no\n"));

    assertThat(run.err()).hasSize(1);
    assertThat(run.lastLine()).isEqualTo(Summary.ofNothing(1).line());
    assertThat(run.status()).isEqualTo(3);
  }

  @Test
  void anInputThatIsNotThereIsOneSentence() throws Exception {
    String missing = directory.resolve("missing.ndjson").toString();

    Launched run = Launched.run("quickstart", "--input", missing);

    assertThat(run.err())
        .containsExactly("tandem: cannot read the input " + missing + ": there is no such file");
    assertThat(run.out()).isEmpty();
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void aDirectoryIsNoInput() throws Exception {
    Launched run = Launched.run("quickstart", "--input", directory.toString());

    assertThat(run.err()).hasSize(1).first().asString().endsWith("it is a directory");
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void payloadsAreCarriedWhateverTheyHold() throws Exception {
    String large = "{\"net\":\"big\",\"x\":\"" + "\u00e4".repeat(500_000) + "\"}";
    List<String> lines =
        List.of(
            "{\"net\":\"a\",\"x\":\"\\u0000\\ud800 \u2028\uD83D\uDE80\"}",
            "{\"net\":\"a\",\"x\":" + "[".repeat(250) + "]".repeat(250) + "}",
            "{\"net\":\"a\",\"x\":" + "9".repeat(900) + "}",
            "{\"net\":\"a\",\"net\":\"b\",\"\":1e308}",
            "{\"net\":\"a\", \"id\":\"" + "k".repeat(1_024) + "\", \"type\":\"\u00fc\"}",
            large);

    Launched run = Launched.run("quickstart", "--input", file(String.join("\n", lines)));

    assertThat(run.err()).isEmpty();
    assertThat(run.lastLine()).startsWith("published=6 handled=6 delivered=6 ");
    assertThat(run.lastLine()).endsWith(" deadLettered=0 gaps=0 lost=0 rejected=0");
    assertThat(run.status()).isZero();
  }

  @Test
  void manyTenantsArePlayedToo() throws Exception {
    String lines =
        IntStream.range(0, 1_500)
            .mapToObj(i -> "{\"net\":\"t" + i % 700 + "\"}")
            .collect(Collectors.joining("\n"));

    Launched run = Launched.run("quickstart", "--input", file(lines));

    assertThat(run.err()).isEmpty();
    assertThat(run.lastLine()).matches(ALL_IS_WELL.formatted(1_500, 0));
    assertThat(run.status()).isZero();
  }

  private String file(String content) throws IOException {
    return Files.writeString(directory.resolve("input.ndjson"), content).toString();
  }
}
