package dev.tandem.examples.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class NarratorTest {
  private static final String CLEAR = "\r\u001B[K";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Narrator narrator =
      new Narrator(new PrintStream(out, false, UTF_8), new PrintStream(err, false, UTF_8));

  @Test
  void sentencesGoToStandardOutputAndNothingElseDoes() {
    narrator.say("%,d events", 1_707);
    assertThat(out.toString(UTF_8)).isEqualTo("1,707 events" + System.lineSeparator());
    assertThat(err.toString(UTF_8)).isEmpty();
  }

  @Test
  void aSentenceTakesTheBarAwayAndPutsItBack() {
    narrator.draw("50%");
    narrator.say("half way");
    assertThat(err.toString(UTF_8)).isEqualTo(CLEAR + "50%" + CLEAR + "50%");
    assertThat(out.toString(UTF_8)).isEqualTo("half way" + System.lineSeparator());
  }

  @Test
  void aBarThatWasRemovedStaysAway() {
    narrator.draw("50%");
    narrator.removeBar();
    err.reset();
    narrator.draw("100%");
    narrator.say("done");
    assertThat(err.toString(UTF_8)).isEmpty();
  }
}
