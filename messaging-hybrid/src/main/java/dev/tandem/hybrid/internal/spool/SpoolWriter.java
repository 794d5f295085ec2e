package dev.tandem.hybrid.internal.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Writes records into the last file, or a new one, and forces them to the disk: once for all that
 * go into one file.
 *
 * <p>Thread safety: for one thread at a time.
 */
final class SpoolWriter {
  private final Path directory;
  private final SpoolState state;
  private final SpoolReports reports;
  private final RandomGenerator random;
  private @Nullable Segment last;

  /**
   * Writes there.
   *
   * @param random for the marks of files
   */
  SpoolWriter(Path directory, SpoolState state, SpoolReports reports, RandomGenerator random) {
    this.directory = directory;
    this.state = state;
    this.reports = reports;
    this.random = random;
  }

  /**
   * Writes records, in order.
   *
   * @param drafts those that were admitted
   * @throws IOException if some cannot be written; none of those waits then
   */
  void write(List<Draft> drafts) throws IOException {
    if (last != null) {
      last.cutRest();
    }
    int from = 0;
    while (from < drafts.size()) {
      Segment segment = fileFor(drafts.get(from));
      int to = from + 1;
      long end = segment.size() + drafts.get(from).bytes();
      while (to < drafts.size() && state.isRoomFor(end, drafts.get(to).bytes())) {
        end += drafts.get(to).bytes();
        to++;
      }
      write(segment, drafts.subList(from, to));
      from = to;
    }
  }

  private Segment fileFor(Draft first) throws IOException {
    Segment last = state.withRoomFor(first.bytes());
    if (last != null) {
      return last;
    }
    Segment created = Segment.create(directory, first.number(), random.nextLong());
    state.created(created);
    reports.depth(0, created.size());
    return created;
  }

  private void write(Segment segment, List<Draft> drafts) throws IOException {
    last = segment;
    long offset = segment.size();
    List<ByteBuffer> bytes = new ArrayList<>(drafts.size());
    RecordFormat format = Objects.requireNonNull(segment.format(), "a file without a mark is full");
    drafts.forEach(draft -> bytes.add(draft.toWrite(format)));
    segment.append(bytes);
    List<SpoolRecord> records = new ArrayList<>(drafts.size());
    long messages = 0;
    long end = offset;
    for (Draft draft : drafts) {
      records.add(draft.written(segment, end));
      messages += draft.messages();
      end += draft.bytes();
    }
    state.written(segment, records);
    reports.depth(messages, end - offset);
  }
}
