package dev.tandem.hybrid.internal.spool;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One file of records, and beside it one of those that are settled.
 *
 * <p>Thread safety: records are read by any thread, appended by one and settled by one; what waits
 * and whether it is frozen is guarded by the owner.
 */
final class Segment implements AutoCloseable {
  /** What the name of a file of records ends with. */
  static final String RECORDS = ".records";

  /** What the name of a file ends with that is to take the place of one of records. */
  static final String REWRITTEN = ".rewritten";

  /** What the name of a file of settled records ends with. */
  static final String SETTLED = ".settled";

  private static final int SETTLED_ENTRY = 12;

  private final Path path;
  private final FileChannel records;
  private final FileChannel settled;
  private final @Nullable RecordFormat format;
  private volatile long size;
  private boolean isUncut;
  private int waiting;
  private long waitingBytes;
  private boolean isFrozen;

  /** What was not written whole could not be taken back either, and may be there. */
  static final class UncutException extends IOException {
    private static final long serialVersionUID = 1L;

    UncutException(IOException cause) {
      super(cause.toString(), cause);
    }
  }

  /** Over files that are open. */
  Segment(Path path, FileChannel records, FileChannel settled) throws IOException {
    this.path = path;
    this.records = records;
    this.settled = settled;
    this.size = records.size();
    OptionalLong mark = SegmentHead.markIn(read(0, (int) Math.min(size, SegmentHead.SIZE)));
    this.format = mark.isPresent() ? new RecordFormat(mark.getAsLong()) : null;
  }

  /**
   * A new, empty one.
   *
   * @param mark what its records are told by; random, and not to be guessed
   */
  static Segment create(Path directory, long firstNumber, long mark) throws IOException {
    Path path = directory.resolve(String.format(Locale.ROOT, "%019d", firstNumber) + RECORDS);
    FileChannel records = FileChannel.open(path, CREATE_NEW, READ, WRITE);
    try {
      Durable.writeFully(records, ByteBuffer.wrap(SegmentHead.of(mark)), 0);
      records.force(true);
      Segment segment = new Segment(path, records, openSettled(path));
      Durable.force(directory);
      return segment;
    } catch (IOException e) {
      try (records) {
        Files.delete(path);
      } catch (IOException left) {
        e.addSuppressed(left); // cut off when it is opened again
      }
      throw e;
    }
  }

  /**
   * An empty one that is to take the place of another, and does so when it is {@linkplain
   * #takePlace told to}.
   */
  static Segment inPlaceOf(Segment other, long mark) throws IOException {
    FileChannel records =
        FileChannel.open(rewritten(other.path), CREATE, TRUNCATE_EXISTING, READ, WRITE);
    try {
      Durable.writeFully(records, ByteBuffer.wrap(SegmentHead.of(mark)), 0);
      return new Segment(other.path, records, openSettled(other.path));
    } catch (IOException e) {
      records.close();
      throw e;
    }
  }

  private static Path rewritten(Path path) {
    return path.resolveSibling(path.getFileName() + REWRITTEN);
  }

  /** It is what is found under its name from now on. */
  void takePlace() throws IOException {
    Files.move(rewritten(path), path, ATOMIC_MOVE, REPLACE_EXISTING);
    Path directory = path.getParent();
    if (directory != null) {
      Durable.force(directory);
    }
  }

  /**
   * One that is there.
   *
   * @throws IOException if it cannot be read, or is in another version of the format
   */
  static Segment open(Path path) throws IOException {
    FileChannel records = FileChannel.open(path, READ, WRITE);
    try {
      return new Segment(path, records, openSettled(path));
    } catch (IOException e) {
      records.close();
      throw new IOException(path + ": " + e.getMessage(), e);
    }
  }

  private static FileChannel openSettled(Path path) throws IOException {
    return FileChannel.open(settledBeside(path), CREATE, READ, WRITE);
  }

  /** The file of those that are settled, of a file of records. */
  static Path settledBeside(Path path) {
    String name = path.getFileName().toString();
    return path.resolveSibling(name.substring(0, name.length() - RECORDS.length()) + SETTLED);
  }

  Path path() {
    return path;
  }

  /** The number of its first record, by which it is named. */
  long firstNumber() {
    String name = path.getFileName().toString();
    return Long.parseLong(name.substring(0, name.length() - RECORDS.length()));
  }

  /** How its records stand in it; null if its beginning cannot be read. */
  @Nullable RecordFormat format() {
    return format;
  }

  /** How many bytes of records there are, as far as they are on the disk. */
  long size() {
    return size;
  }

  /** Whether there are no records. */
  boolean isEmpty() {
    return size <= SegmentHead.SIZE;
  }

  /** How many records are not settled. */
  int waiting() {
    return waiting;
  }

  /** How many bytes these have. */
  long waitingBytes() {
    return waitingBytes;
  }

  /** Nothing is to be written to it any more: it is about to be rewritten. */
  void freeze() {
    isFrozen = true;
  }

  /** Whether nothing is to be written to it any more. */
  boolean isFrozen() {
    return isFrozen;
  }

  /** One more record waits. */
  void waitingMore(SpoolRecord record) {
    waiting++;
    waitingBytes += record.bytes();
  }

  /** One record less waits. */
  void waitingLess(SpoolRecord record) {
    waiting--;
    waitingBytes -= record.bytes();
  }

  /**
   * Writes records behind the others and forces them to the disk; if that fails, they are cut off
   * again.
   *
   * @throws UncutException if they cannot be written, and what was written not be cut off
   * @throws IOException if they cannot be written; none of them is there
   */
  void append(List<ByteBuffer> records) throws IOException {
    long end = size;
    try {
      for (ByteBuffer record : records) {
        int length = record.remaining();
        Durable.writeFully(this.records, record, end);
        end += length;
      }
      this.records.force(false);
    } catch (IOException e) {
      isUncut = true;
      try {
        cutRest();
      } catch (IOException left) {
        e.addSuppressed(left);
        throw new UncutException(e);
      }
      throw e;
    }
    size = end;
  }

  /**
   * Cuts off what an {@link #append} that failed left behind. Nothing may be written before that,
   * here or to another file: of what is left whole records would be found later.
   */
  void cutRest() throws IOException {
    if (isUncut) {
      truncate(size);
      isUncut = false;
    }
  }

  /** Cuts off what comes behind. */
  void truncate(long length) throws IOException {
    records.truncate(length);
    records.force(true);
    size = length;
  }

  /** All bytes. */
  byte[] bytes() throws IOException {
    return read(0, Math.toIntExact(size));
  }

  byte[] read(long offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      if (records.read(buffer, offset + buffer.position()) < 0) {
        throw new IOException(path + " ends before " + (offset + length));
      }
    }
    return buffer.array();
  }

  /** Notes that a record is settled. Not forced to the disk: Redis knows a record again. */
  void settle(long number) throws IOException {
    ByteBuffer entry = ByteBuffer.allocate(SETTLED_ENTRY).putLong(number).putInt(checksum(number));
    Durable.writeFully(settled, entry.flip(), settled.size() / SETTLED_ENTRY * SETTLED_ENTRY);
  }

  /** Forces what was noted as settled to the disk: what must not be sent again. */
  void forceSettled() throws IOException {
    settled.force(true);
  }

  /** The numbers of the settled records, as far as they can be read. */
  Set<Long> settledNumbers() throws IOException {
    Set<Long> numbers = new HashSet<>();
    ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(settled.size()));
    while (all.hasRemaining() && settled.read(all, all.position()) >= 0) {
      // reads on
    }
    all.flip();
    while (all.remaining() >= SETTLED_ENTRY) {
      long number = all.getLong();
      if (all.getInt() == checksum(number)) {
        numbers.add(number);
      }
    }
    return numbers;
  }

  private static int checksum(long number) {
    CRC32C sum = new CRC32C();
    sum.update(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
    return (int) sum.getValue();
  }

  /** Removes both files, the records first: settled ones alone do no harm. */
  void delete() throws IOException {
    isUncut = false;
    close();
    Files.deleteIfExists(path);
    Files.deleteIfExists(settledBeside(path));
  }

  @Override
  public void close() throws IOException {
    try (settled;
        records) {
      cutRest();
    }
  }
}
