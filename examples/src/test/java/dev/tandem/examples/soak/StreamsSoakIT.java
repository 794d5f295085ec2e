package dev.tandem.examples.soak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.examples.Launched;
import org.junit.jupiter.api.Test;

/** The whole program, for a few seconds. */
class StreamsSoakIT {
  @Test
  void accountsForEveryMessage() throws Exception {
    Launched run = Launched.run("soak", "streams", "--seconds", "8", "--seed", "20");

    assertThat(run.status()).as("%s%n%s", run.out(), run.err()).isZero();
    assertThat(run.lastLine())
        .matches(
            "published=\\d{4,} acknowledged=\\d{4,} retried=[1-9]\\d* deadLettered=[1-9]\\d*"
                + " redelivered=[1-9]\\d* lost=0 kills=[1-9]\\d* restarts=[1-9]\\d*");
    assertThat(run.count("published"))
        .isEqualTo(run.count("acknowledged") + run.count("deadLettered"));
    assertThat(run.out()).anyMatch(line -> line.contains("seed 20"));
  }

  @Test
  void badArgumentsAreOneSentenceAndTheUsage() throws Exception {
    Launched tooShort = Launched.run("soak", "streams", "--seconds", "4");
    assertThat(tooShort.status()).isEqualTo(2);
    assertThat(tooShort.err().get(0)).isEqualTo("tandem: --seconds is 4, but must be 5 to 86400");

    Launched nothing = Launched.run("soak");
    assertThat(nothing.status()).isEqualTo(2);
    assertThat(nothing.err().get(0))
        .isEqualTo("tandem: soak needs to know what: streams, live or hybrid");
  }
}
