package dev.tandem.benchmarks.harness;

import java.util.Set;

/** Works of one subject over one server, by name. */
public interface Works extends AutoCloseable {
  /** What there is. */
  Set<String> names();

  /**
   * Sets a work up; the caller closes it.
   *
   * @param messages how many one round moves; of a contender that is much slower, fewer
   * @throws IllegalArgumentException if there is none of this name
   */
  Work open(String name, int messages);

  @Override
  void close();
}
