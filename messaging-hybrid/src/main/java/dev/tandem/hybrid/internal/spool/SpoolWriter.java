package dev.tandem.hybrid.internal.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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

  SpoolWriter(Path directory, SpoolState state, SpoolReports reports) {
    this.directory = directory;
    this.state = state;
    this.reports = reports;
  }

  /**
   * Writes records, in order.
   *
   * @param drafts those that were admitted
   * @throws IOException if some cannot be written; none of those waits then
   */
  void write(List<Draft> drafts) throws IOException {
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
    Segment created = Segment.create(directory, first.number());
    state.created(created);
    reports.depth(0, created.size());
    return created;
  }

  private void write(Segment segment, List<Draft> drafts) throws IOException {
    long offset = segment.size();
    List<ByteBuffer> bytes = new ArrayList<>(drafts.size());
    drafts.forEach(draft -> bytes.add(draft.toWrite()));
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
