package dev.tandem.benchmarks.bench;

import dev.tandem.benchmarks.curves.Curves;
import dev.tandem.benchmarks.harness.Work;
import dev.tandem.benchmarks.harness.Works;
import dev.tandem.benchmarks.hybrid.HybridWorks;
import dev.tandem.benchmarks.live.LiveWorks;
import dev.tandem.benchmarks.streams.StreamsWorks;
import java.net.URI;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** All works of all subjects; where two have one of the same name, it is the first one's. */
final class Catalogue implements Works {
  private final List<Works> subjects;

  private Catalogue(List<Works> subjects) {
    this.subjects = subjects;
  }

  /** Those over this server. */
  static Catalogue over(URI url) {
    return new Catalogue(
        List.of(
            Curves.works(url), StreamsWorks.over(url), LiveWorks.over(url), HybridWorks.over(url)));
  }

  @Override
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    subjects.forEach(subject -> names.addAll(subject.names()));
    return names;
  }

  @Override
  public Work open(String name, int messages) {
    return subjects.stream()
        .filter(subject -> subject.names().contains(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("there is no work " + name))
        .open(name, messages);
  }

  @Override
  public void close() {
    subjects.forEach(Works::close);
  }
}
