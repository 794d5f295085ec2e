package dev.tandem.benchmarks.harness;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;

/** {@link Works} that are made by functions of the number of messages. */
public final class NamedWorks implements Works {
  private final Map<String, IntFunction<Work>> works;
  private final Runnable close;

  /**
   * These.
   *
   * @param works by name
   * @param close gives up what they share
   */
  public NamedWorks(Map<String, IntFunction<Work>> works, Runnable close) {
    this.works = Collections.unmodifiableMap(new LinkedHashMap<>(works));
    this.close = close;
  }

  @Override
  public Set<String> names() {
    return works.keySet();
  }

  @Override
  public Work open(String name, int messages) {
    IntFunction<Work> work = works.get(name);
    if (work == null) {
      throw new IllegalArgumentException("there is no work " + name + "; there are " + names());
    }
    return work.apply(messages);
  }

  @Override
  public void close() {
    close.run();
  }
}
