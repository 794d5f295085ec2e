package dev.tandem.hybrid.internal.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What an earlier run left in a spool's directory. */
final class SpoolDirectory {
  private static final Pattern RECORDS =
      Pattern.compile("\\d{19}" + Pattern.quote(Segment.RECORDS));

  private SpoolDirectory() {}

  /**
   * Deletes what is left of deleted files and of unfinished ones; gives those of records, oldest
   * first.
   */
  static List<Path> clean(Path directory) throws IOException {
    List<Path> records = new ArrayList<>();
    List<Path> others = new ArrayList<>();
    try (Stream<Path> all = Files.list(directory)) {
      all.sorted() // by the numbers of their first records
          .forEach(
              path ->
                  (RECORDS.matcher(path.getFileName().toString()).matches() ? records : others)
                      .add(path));
    }
    for (Path other : others) {
      String name = other.getFileName().toString();
      if (name.endsWith(Segment.REWRITTEN)
          || (name.endsWith(Segment.SETTLED)
              && records.stream().noneMatch(one -> Segment.settledBeside(one).equals(other)))) {
        Files.delete(other);
      }
    }
    return records;
  }
}
