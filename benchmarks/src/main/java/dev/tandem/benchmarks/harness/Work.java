package dev.tandem.benchmarks.harness;

import java.util.List;

/** Something that may be done in several ways. */
public interface Work extends AutoCloseable {
  /** What the report calls it. */
  String name();

  /** Who does it; the first is what the others are compared with. */
  List<Contender> contenders();

  /** Removes what a round left behind. */
  default void clean() {}

  /** Gives up what the work as a whole needed. */
  @Override
  default void close() {}
}
