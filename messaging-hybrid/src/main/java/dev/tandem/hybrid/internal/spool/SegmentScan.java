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
  private final long before;
  private long lastNumber;

  /**
   * A scan.
   *
   * @param before the highest number in files before: what is in one of these already, and was to
   *     be deleted here, is passed over
   * @param isLast whether no file follows, so that its end may not have been written whole
   */
  SegmentScan(Segment segment, long before, boolean isLast, SpoolReports reports)
      throws IOException {
    this.segment = segment;
    this.before = before;
    this.isLast = isLast;
    this.reports = reports;
    this.bytes = segment.bytes();
    this.settled = segment.settledNumbers();
    this.lastNumber = segment.firstNumber() - 1;
  }

  /** The records that wait; cuts off a torn end. */
  List<SpoolRecord> run() throws IOException {
    RecordFormat format = segment.format();
    if (format == null) {
      beginsBadly();
    } else {
      read(format);
    }
    return waiting;
  }

  /** The mark is lost, and with it all records, if any was written. */
  private void beginsBadly() throws IOException {
    if (bytes.length > SegmentHead.SIZE) {
      damaged(0, bytes.length, 1);
    } else if (bytes.length > 0) {
      segment.truncate(0);
      reports.cut(segment.path(), bytes.length);
    }
  }

  private void read(RecordFormat format) throws IOException {
    if (!isHeadWhole(format)) {
      damaged(0, SegmentHead.SIZE, 0);
    }
    int at = SegmentHead.SIZE;
    while (at < bytes.length) {
      RecordFormat.Found found = format.readAt(bytes, at);
      if (found == null) {
        found = format.findFrom(bytes, at + 1);
        if (found == null) {
          endsBadly(at);
          return;
        }
        damaged(at, found.offset(), Math.max(found.number() - lastNumber - 1, 1));
      }
      add(found);
      lastNumber = found.number();
      at = found.end();
    }
  }

  private boolean isHeadWhole(RecordFormat format) {
    byte[] head = SegmentHead.of(format.mark());
    return Arrays.equals(bytes, 0, SegmentHead.SIZE, head, 0, SegmentHead.SIZE);
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
        SetAside.keep(
            segment.path().resolveSibling(segment.path().getFileName() + "." + from),
            "damaged",
            Arrays.copyOfRange(bytes, from, to));
    reports.damaged(kept, records);
  }

  private void add(RecordFormat.Found found) throws IOException {
    if (found.number() <= before || settled.contains(found.number())) {
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
