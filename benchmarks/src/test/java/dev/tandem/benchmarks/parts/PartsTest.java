package dev.tandem.benchmarks.parts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Every small part once, in this JVM: the times mean nothing. */
class PartsTest {
  private static final String PACKAGE = PartsTest.class.getPackageName();
  private static final String IGNORE_LOCK = "jmh.ignoreLock";

  /** Who measures on this machine meanwhile does not keep a test from running. */
  @BeforeAll
  static void ignoreOthers() {
    System.setProperty(IGNORE_LOCK, "true");
  }

  @AfterAll
  static void heedOthers() {
    System.clearProperty(IGNORE_LOCK);
  }

  @Test
  void everyPartCanBeMeasured() throws RunnerException {
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include(PACKAGE + "\\..*")
                    .mode(Mode.SingleShotTime)
                    .warmupIterations(0)
                    .measurementIterations(1)
                    .forks(0)
                    .shouldFailOnError(true)
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run();

    assertThat(results)
        .extracting(result -> result.getParams().getBenchmark())
        .extracting(name -> name.substring(PACKAGE.length() + 1))
        .containsOnly(
            "EntryBenchmark.read",
            "EntryBenchmark.write",
            "FrameBenchmark.read",
            "FrameBenchmark.write",
            "HandOffBenchmark.add",
            "HandOffBenchmark.addByFour",
            "HandOffBenchmark.addAndFlush",
            "HandOffBenchmark.addAwaited",
            "KeysBenchmark.knownChannel",
            "KeysBenchmark.knownStream",
            "KeysBenchmark.newChannel",
            "KeysBenchmark.newStream",
            "SerdeBenchmark.read",
            "SerdeBenchmark.write");
  }

  @Test
  void whatIsReadIsWhatWasWritten() throws Exception {
    FrameBenchmark frames = new FrameBenchmark();
    frames.messages = 128;
    frames.build();

    assertThat(frames.read().messages())
        .hasSize(128)
        .allSatisfy(
            message -> assertThat(message.payload()).isEqualTo(Samples.message().payload()));
    assertThat(new EntryBenchmark().read()).usingRecursiveComparison().isEqualTo(Samples.message());
  }

  @Test
  void keysAreRememberedWhereTheBenchmarkSaysSo() {
    KeysBenchmark keys = new KeysBenchmark();
    keys.fill();

    assertThat(keys.knownStream()).isSameAs(keys.knownStream());
    assertThat(keys.newStream()).isNotSameAs(keys.newStream());
    assertThat(keys.knownChannel()).isSameAs(keys.knownChannel());
    assertThat(keys.newChannel()).isNotSameAs(keys.newChannel());
  }
}
