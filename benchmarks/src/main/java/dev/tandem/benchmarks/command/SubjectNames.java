package dev.tandem.benchmarks.command;

import java.util.List;
import java.util.stream.Stream;

/**
 * What there is in a subject, by name.
 *
 * @param usual comparisons that run if nothing is named
 * @param onlyNamed comparisons that do not, for they take long
 * @param alone what is measured by itself, and only where it is named
 */
public record SubjectNames(List<String> usual, List<String> onlyNamed, List<String> alone) {
  /** Copies the lists. */
  public SubjectNames {
    usual = List.copyOf(usual);
    onlyNamed = List.copyOf(onlyNamed);
    alone = List.copyOf(alone);
  }

  /** Everything, once. */
  List<String> all() {
    return Stream.of(usual, onlyNamed, alone).flatMap(List::stream).distinct().toList();
  }
}
