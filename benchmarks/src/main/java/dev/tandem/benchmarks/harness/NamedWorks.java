package dev.tandem.benchmarks.harness;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;

/** {@link Works} that are made by functions of the number of messages. */
public final class NamedWorks implements Works {
  private final Map<String, IntFunction<Work>> works = new LinkedHashMap<>();
  private final Runnable close;

  /** None yet. */
  public NamedWorks(Runnable close) {
    this.close = close;
  }

  /** Adds one. */
  public NamedWorks add(String name, IntFunction<Work> work) {
    works.put(name, work);
    return this;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(works.keySet());
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
