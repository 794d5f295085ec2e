package dev.tandem.examples.quickstart;

import dev.tandem.examples.console.ExitStatus;
import java.util.List;

/**
 * How a run went.
 *
 * @param summary the counts
 * @param problems what does not add up, in sentences; empty if all is well
 */
record Outcome(Summary summary, List<String> problems) {
  /** What to tell the shell. */
  int exitStatus() {
    if (!problems.isEmpty()) {
      return ExitStatus.FAILED;
    }
    return summary.rejected() > 0 ? ExitStatus.REJECTED : ExitStatus.OK;
  }
}
