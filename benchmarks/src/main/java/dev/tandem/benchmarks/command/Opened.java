package dev.tandem.benchmarks.command;

import dev.tandem.benchmarks.harness.Measurement;
import dev.tandem.benchmarks.harness.Works;
import java.util.List;

/**
 * A subject over one server.
 *
 * @param works its comparisons; closed with this
 * @param alone what is measured by itself, over what the works share
 */
public record Opened(Works works, List<? extends Measurement> alone) implements AutoCloseable {
  /** Copies the list. */
  public Opened {
    alone = List.copyOf(alone);
  }

  @Override
  public void close() {
    works.close();
  }
}
