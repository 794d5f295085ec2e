package dev.tandem.benchmarks.harness;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a piece of work used up besides time.
 *
 * @param client processor time of this JVM: of all its threads, the compiler's and the collector's
 *     too
 * @param server processor time of the server; null if it was not asked
 * @param allocated bytes that this JVM's threads allocated, as {@link Allocation} counts them
 * @param compiling what this JVM's compilers worked, as far as they were done with a method
 */
public record Cost(Duration client, @Nullable Duration server, long allocated, Duration compiling) {
  /** Nothing, and the server was not asked. */
  public static final Cost NONE = new Cost(Duration.ZERO, null, 0, Duration.ZERO);
}
