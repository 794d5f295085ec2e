package dev.tandem.examples.soak.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.examples.Launched;
import org.junit.jupiter.api.Test;

/** The whole program, for a few seconds. */
class LiveSoakIT {
  @Test
  void keepsThePromise() throws Exception {
    Launched run = Launched.run("soak", "live", "--seconds", "8", "--seed", "20");

    assertThat(run.status()).as("%s%n%s", run.out(), run.err()).isZero();
    assertThat(run.lastLine())
        .matches(
            "published=\\d{3,} delivered=\\d{3,} repaired=\\d+ recovered=[1-9]\\d*"
                + " gaps=[1-9]\\d* silentHoles=0 duplicates=0 outOfOrder=0 cuts=[1-9]\\d*"
                + " restarts=[1-9]\\d*");
    assertThat(run.out()).anyMatch(line -> line.contains("seed 20"));
  }

  @Test
  void badArgumentsAreOneSentenceAndTheUsage() throws Exception {
    Launched tooShort = Launched.run("soak", "live", "--seconds", "4");
    assertThat(tooShort.status()).isEqualTo(2);
    assertThat(tooShort.err().get(0)).isEqualTo("tandem: --seconds is 4, but must be 5 to 86400");
  }
}
