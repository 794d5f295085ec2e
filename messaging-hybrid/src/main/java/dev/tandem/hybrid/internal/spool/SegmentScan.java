package dev.tandem.hybrid.internal.spool;

import dev.tandem.api.error.MessagingException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Finds the records of a file that was left by an earlier run, and what is wrong with it. */
final class SegmentScan {
  private final Segment segment;
  private final boolean isLast;
  private final SpoolReports reports;
  private final byte[] bytes;
  private final Set<Long> settled;
  private final List<SpoolRecord> waiting = new ArrayList<>();
  private long lastNumber;

  /**
   * A scan.
   *
   * @param isLast whether no file follows, so that its end may not have been written whole
   */
  SegmentScan(Segment segment, boolean isLast, SpoolReports reports) throws IOException {
    this.segment = segment;
    this.isLast = isLast;
    this.reports = reports;
    this.bytes = segment.bytes();
    this.settled = segment.settledNumbers();
    this.lastNumber = segment.firstNumber() - 1;
  }

  /** The records that wait; cuts off a torn end. */
  List<SpoolRecord> run() throws IOException {
    int at = isTitled() ? Segment.TITLE.length : 0;
    while (at < bytes.length) {
      RecordFormat.Found found = RecordFormat.readAt(bytes, at);
      if (found == null) {
        found = RecordFormat.findFrom(bytes, at + 1);
        if (found == null) {
          endsBadly(at);
          return waiting;
        }
        damaged(at, found.offset(), found.number() - lastNumber - 1);
      }
      add(found);
      lastNumber = found.number();
      at = found.end();
    }
    return waiting;
  }

  private boolean isTitled() {
    return bytes.length >= Segment.TITLE.length
        && Arrays.equals(bytes, 0, Segment.TITLE.length, Segment.TITLE, 0, Segment.TITLE.length);
  }

  private void endsBadly(int at) throws IOException {
    if (isLast) {
      segment.truncate(at);
      reports.cut(segment.path(), bytes.length - at);
    } else {
      damaged(at, bytes.length, 1);
    }
  }

  private void damaged(int from, int to, long records) throws IOException {
    Path kept =
        segment.path().resolveSibling(segment.path().getFileName() + "." + from + ".damaged");
    Durable.write(kept, Arrays.copyOfRange(bytes, from, to));
    reports.damaged(kept, Math.max(records, 1));
  }

  private void add(RecordFormat.Found found) throws IOException {
    if (settled.contains(found.number())) {
      return;
    }
    try {
      CallFormat.Head head = CallFormat.readHead(found.content());
      waiting.add(
          new SpoolRecord(
              found.number(),
              head.tenant(),
              segment,
              found.offset(),
              found.content().length,
              head.messages(),
              head.createdMillis()));
    } catch (IOException | MessagingException e) {
      damaged(found.offset(), found.end(), 1);
    }
  }

  /** No record in the file had a higher number. */
  long highestNumber() {
    return Math.max(lastNumber, segment.firstNumber());
  }
}
