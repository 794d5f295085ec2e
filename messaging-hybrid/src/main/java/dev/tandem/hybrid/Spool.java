package dev.tandem.hybrid;

import dev.tandem.api.internal.Require;
import java.nio.file.Path;

/**
 * A queue in files, where messages wait while Redis is away: {@link OutagePolicy#spool}.
 *
 * <p><b>Guarantee.</b> A message whose receipt says that it is spooled was forced to the disk
 * before (one {@code fsync} for all that wait at the time) and survives a crash of the process and,
 * as far as the disk keeps its word, of the machine. It is published when Redis is back, in a later
 * run of the process if need be, behind all messages of its tenant that went to the spool before
 * it, once: each record bears the number by which Redis knows it again, however often it is sent
 * ({@link HybridPublisherBuilder#SPOOL_REMEMBERED_FOR}). Records are checksummed. A last record
 * that was not written whole when the process or machine died is cut off and reported; nobody was
 * told that it is safe. A record that was changed on the disk is left out and reported, with its
 * bytes set aside in a file.
 *
 * <p>What stands in a message cannot become a record, whatever happens to the files: records are
 * told by a mark that is random for each file. A record that Redis refuses for good (wrong type;
 * five times in a row) is set aside in a file of its own, which nothing writes over or deletes.
 * What it has no right for, has no memory or stream room for, and what finds the login refused, is
 * waited for, however long; other tenants' records are replayed meanwhile.
 *
 * <p><b>What it does not do.</b> It encrypts nothing: payloads are on the disk as their serde wrote
 * them. It is no copy: a lost disk loses what waits on it. It does not survive what Redis itself
 * loses after it has replied.
 *
 * <p><b>Limits.</b> {@link #maxMessages} and {@link #maxBytes}; a message beyond them is refused
 * with {@link dev.tandem.api.error.BufferFullException}, and those behind it may still fit. One
 * that cannot be written fails with {@link dev.tandem.api.error.StorageException} and is nowhere;
 * or with {@link dev.tandem.api.error.OutcomeUnknownException} if the disk would not take back what
 * was written of it either: nothing is spooled then until it does, and if the process is killed
 * before, the next one may publish it. Room on the disk comes back a file at a time, of a sixteenth
 * of {@code maxBytes} each (64 KiB to 16 MiB), when nothing in it waits any more; files of which
 * little waits are rewritten when nothing can be replayed. While a record of a tenant that lacks a
 * right waits, all that this tenant publishes comes behind it. Room is shared, so when such tenants
 * fill all of it, nobody has any; see to them when {@link SpoolStats#oldestAge} grows while Redis
 * is there. In memory about 100 bytes are needed for each record. One publisher at a time may use a
 * directory.
 *
 * <p>Thread safety: immutable.
 */
public final class Spool {
  /** The most messages unless said otherwise: {@value}. */
  public static final int DEFAULT_MAX_MESSAGES = 1_000_000;

  /** The most bytes unless said otherwise: 256 MiB. */
  public static final long DEFAULT_MAX_BYTES = 256L << 20;

  /** The fewest bytes that may be allowed: 64 KiB. */
  public static final long LEAST_MAX_BYTES = 64L << 10;

  /** The most bytes that may be allowed: 1 TiB. */
  public static final long MOST_MAX_BYTES = 1L << 40;

  private static final SpoolListener NOBODY = new SpoolListener() {};

  private final Path directory;
  private final int maxMessages;
  private final long maxBytes;
  private final SpoolListener listener;

  private Spool(Path directory, int maxMessages, long maxBytes, SpoolListener listener) {
    this.directory = directory;
    this.maxMessages = maxMessages;
    this.maxBytes = maxBytes;
    this.listener = listener;
  }

  /**
   * A spool in this directory, which is made if it is not there. It must be on a disk that survives
   * what the messages are to survive, and belong to this spool alone.
   */
  public static Spool at(Path directory) {
    return new Spool(
        Require.notNull("directory of the spool", directory),
        DEFAULT_MAX_MESSAGES,
        DEFAULT_MAX_BYTES,
        NOBODY);
  }

  /** This spool, holding at most so many messages (1 to 100,000,000). */
  public Spool maxMessages(int messages) {
    return new Spool(
        directory,
        Require.inRange("maxMessages of the spool", messages, 1, 100_000_000),
        maxBytes,
        listener);
  }

  /**
   * This spool, taking at most so many bytes of the disk ({@link #LEAST_MAX_BYTES} to {@link
   * #MOST_MAX_BYTES}), besides 12 for each record, a file that is being rewritten, and what is set
   * aside.
   */
  public Spool maxBytes(long bytes) {
    return new Spool(
        directory,
        maxMessages,
        Require.inRange("maxBytes of the spool", bytes, LEAST_MAX_BYTES, MOST_MAX_BYTES),
        listener);
  }

  /** This spool, telling this listener what becomes of its records. */
  public Spool listener(SpoolListener listener) {
    return new Spool(directory, maxMessages, maxBytes, Require.notNull("listener", listener));
  }

  /** Where the files are. */
  public Path directory() {
    return directory;
  }

  /** How many messages it holds at most. */
  public int maxMessages() {
    return maxMessages;
  }

  /** How many bytes it takes at most. */
  public long maxBytes() {
    return maxBytes;
  }

  /** Who is told. */
  public SpoolListener listener() {
    return listener;
  }

  @Override
  public String toString() {
    return "Spool[" + directory + ", " + maxMessages + " messages, " + maxBytes + " bytes]";
  }
}
