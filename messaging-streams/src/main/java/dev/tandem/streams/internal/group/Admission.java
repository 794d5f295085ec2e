package dev.tandem.streams.internal.group;

import java.util.function.Supplier;

/**
 * Where what a script took comes in. Who asks the server for entries by other means than reading
 * does so exclusively, so that an entry whose reply is on its way is not mistaken for one whose
 * reply was lost.
 */
public interface Admission {
  /** Runs while nobody else asks for entries in this way. */
  <R> R exclusively(Supplier<R> asking);

  /** Takes in what a script took, and counts what it found lost. */
  void admit(GroupStream stream, ClaimCommands.Taken taken, long confirmedNanos);
}
