package dev.tandem.examples.quickstart;

import dev.tandem.tenant.Tenant;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads newline-delimited JSON, whole, into memory. Blank lines are skipped, a byte order mark at
 * the beginning too; every other line is an event or is reported.
 */
final class EventReader {
  /** The longest line, in bytes: 1 MiB, the largest payload of a message. */
  static final int LONGEST_LINE = 1 << 20;

  /** The most lines of an input: {@value}. */
  static final int MOST_LINES = 1_000_000;

  /** The largest input, in bytes of its events: 256 MiB. */
  static final long MOST_BYTES = 256L << 20;

  /** The most tenants of an input: {@value}; each has a stream and a channel. */
  static final int MOST_TENANTS = 10_000;

  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final EventParser parser;
  private final BiConsumer<Long, String> onRejected;
  private final Map<String, Tenant> tenants = new HashMap<>();
  private final List<Event> events = new ArrayList<>();
  private long number;
  private long bytes;
  private long rejected;

  /**
   * Creates a reader for one input.
   *
   * @param onRejected told of each line that cannot be played: its number from 1, and why
   */
  EventReader(EventParser parser, BiConsumer<Long, String> onRejected) {
    this.parser = parser;
    this.onRejected = onRejected;
  }

  /**
   * Reads to the end.
   *
   * @throws IOException if the input breaks off
   * @throws QuickstartException if there is more than fits
   */
  Input readAll(InputStream in) throws IOException {
    LineReader lines = new LineReader(in, LONGEST_LINE);
    for (LineReader.@Nullable Line line = lines.read(); line != null; line = lines.read()) {
      number++;
      refuseIf(number > MOST_LINES, MOST_LINES + " lines");
      accept(line);
    }
    return new Input(List.copyOf(events), List.copyOf(tenants.values()), rejected);
  }

  private void accept(LineReader.Line line) {
    byte[] content = number == 1 ? withoutMark(line.bytes()) : line.bytes();
    if (line.tooLong()) {
      reject("is longer than " + LONGEST_LINE + " bytes");
    } else if (!isBlank(content)) {
      try {
        add(parser.parse(content), content.length);
      } catch (RejectedLineException e) {
        reject(String.valueOf(e.getMessage()));
      }
    }
  }

  private void add(Event event, int length) {
    Tenant tenant = tenants.computeIfAbsent(event.tenant().name(), name -> event.tenant());
    refuseIf(tenants.size() > MOST_TENANTS, MOST_TENANTS + " tenants");
    bytes += length;
    refuseIf(bytes > MOST_BYTES, (MOST_BYTES >> 20) + " MiB");
    events.add(new Event(tenant, event.message()));
  }

  private void reject(String reason) {
    rejected++;
    onRejected.accept(number, reason);
  }

  private void refuseIf(boolean tooMuch, String limit) {
    if (tooMuch) {
      throw QuickstartException.unusable(
          "the input has more than " + limit + ", the most that the quickstart plays");
    }
  }

  private static byte[] withoutMark(byte[] line) {
    int length = BYTE_ORDER_MARK.length;
    boolean marked =
        line.length >= length && Arrays.equals(line, 0, length, BYTE_ORDER_MARK, 0, length);
    return marked ? Arrays.copyOfRange(line, length, line.length) : line;
  }

  private static boolean isBlank(byte[] line) {
    for (byte b : line) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }
}
