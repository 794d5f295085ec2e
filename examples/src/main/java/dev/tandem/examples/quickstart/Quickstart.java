package dev.tandem.examples.quickstart;

import dev.tandem.api.error.MessagingException;
import dev.tandem.examples.console.EndOfProcess;
import dev.tandem.examples.console.ExitStatus;
import dev.tandem.examples.console.Narrator;
import java.io.IOException;
import java.io.InputStream;
import java.security.SecureRandom;
import java.util.List;

/** One run from the options to the exit status. */
final class Quickstart {
  private final QuickstartOptions options;
  private final Narrator narrator;
  private final boolean terminal;
  private final InputStream standardInput;

  /**
   * Creates a run.
   *
   * @param terminal whether standard error is a terminal, on which a progress bar can be drawn
   */
  Quickstart(
      QuickstartOptions options, Narrator narrator, boolean terminal, InputStream standardInput) {
    this.options = options;
    this.narrator = narrator;
    this.terminal = terminal;
    this.standardInput = standardInput;
  }

  /** Runs, and returns the exit status. */
  int run() {
    EndOfProcess end = EndOfProcess.watch();
    try {
      return runOrThrow(end);
    } catch (QuickstartException e) {
      return fail(end, String.valueOf(e.getMessage()), e.exitStatus());
    } catch (MessagingException e) {
      return fail(end, String.valueOf(e.getMessage()), ExitStatus.FAILED);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return fail(end, "interrupted", ExitStatus.FAILED);
    } finally {
      end.done();
    }
  }

  private int fail(EndOfProcess end, String sentence, int status) {
    if (!end.hasBegun()) {
      narrator.complain("tandem: " + sentence);
    }
    return status;
  }

  private int runOrThrow(EndOfProcess end) throws InterruptedException {
    Outcome outcome;
    try (InputStream in = InputSource.open(options.input(), standardInput);
        RedisBackend backend = RedisBackend.open(options.redisUrl())) {
      Input input = read(in);
      narrator.say(
          "%s of %s; Redis is %s.",
          Narrator.counted(input.events().size(), "event"),
          Narrator.counted(input.tenants().size(), "tenant"),
          backend.describe());
      outcome = play(backend, input, end);
    } catch (IOException e) {
      throw InputSource.unreadable(options.input(), String.valueOf(e.getMessage()), e);
    }
    outcome.problems().forEach(problem -> narrator.complain("tandem: " + problem));
    narrator.say("%s", outcome.summary().line());
    return outcome.exitStatus();
  }

  private Input read(InputStream in) throws IOException {
    EventParser parser = new EventParser(options.tenantField(), options.typeField());
    return new EventReader(
            parser, (line, reason) -> narrator.complain("line " + line + ": " + reason))
        .readAll(in);
  }

  private Outcome play(RedisBackend backend, Input input, EndOfProcess end)
      throws InterruptedException {
    if (input.events().isEmpty()) {
      narrator.say("There is nothing to play.");
      return new Outcome(Summary.ofNothing(input.rejected()), List.of());
    }
    Destination destination = Destination.unique(new SecureRandom());
    if (!backend.isTheUsers()) {
      return play(backend, input, destination);
    }
    end.tidyUpFirst();
    try {
      return play(backend, input, destination);
    } finally {
      Cleanup.run(backend.connection(), destination, input.tenants());
    }
  }

  private Outcome play(RedisBackend backend, Input input, Destination destination)
      throws InterruptedException {
    try (Progress progress = Progress.of(input.events().size(), narrator, terminal)) {
      return new Show(backend, input, destination, narrator, progress).play();
    }
  }
}
