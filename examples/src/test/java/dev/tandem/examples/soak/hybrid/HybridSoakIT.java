package dev.tandem.examples.soak.hybrid;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.examples.Launched;
import org.junit.jupiter.api.Test;

/** The whole program, for a few seconds. */
class HybridSoakIT {
  @Test
  void keepsThePromise() throws Exception {
    Launched run = Launched.run("soak", "hybrid", "--seconds", "10", "--seed", "20");

    assertThat(run.status()).as("%s%n%s", run.out(), run.err()).isZero();
    assertThat(run.lastLine())
        .matches(
            "published=\\d{3,} inStream=\\d{3,} onChannel=\\d{3,} halves=0 duplicates=0"
                + " spooled=[1-9]\\d* replayed=[1-9]\\d* lost=0 crossTenant=0");
    assertThat(run.out()).anyMatch(line -> line.contains("seed 20"));
    assertThat(run.out().stream().filter(line -> line.startsWith("published="))).hasSize(1);
  }

  @Test
  void badArgumentsAreOneSentenceAndTheUsage() throws Exception {
    Launched tooFast = Launched.run("soak", "hybrid", "--rate", "29");
    assertThat(tooFast.status()).isEqualTo(2);
    assertThat(tooFast.err().get(0)).isEqualTo("tandem: --rate is 29, but must be 30 to 6000");
    assertThat(tooFast.err()).noneMatch(line -> line.startsWith("\tat "));
  }
}
