package dev.tandem.hybrid;

import dev.tandem.api.error.MessagingException;
import java.nio.file.Path;
import java.util.List;

/**
 * Is told what becomes of the records of a {@link Spool}. All of it is counted too, and all but
 * replays is logged. What a method throws, errors included, is logged, and what waits goes on. Of
 * something that happens just before the process dies it may not be told.
 *
 * <p>Thread safety: {@link #onCut} and {@link #onDamaged} are called while the publisher is built,
 * by the building thread; everything else, and damage that is found later, by the replaying thread,
 * one call at a time. It should return soon: nothing is replayed meanwhile.
 */
public interface SpoolListener {
  /**
   * Redis has a record's messages.
   *
   * @param record its number, as {@link HybridReceipt#spoolRecord} tells it
   * @param receipts of the messages, in order; empty if Redis does not remember them: the record
   *     had been published before, and was sent again since the note of it was lost
   */
  default void onReplayed(long record, List<HybridReceipt> receipts) {}

  /**
   * Redis refuses a record for good: five times in a row, for another reason than lack of rights,
   * memory or room in its stream. Its messages are not published. They stay in a file.
   *
   * @param file where the record is kept; named after its number, and never written over
   * @param why what Redis said; names tenant and destination
   */
  default void onRefused(long record, Path file, MessagingException why) {}

  /**
   * The last record had not been written whole when the process or machine died, and was cut off.
   *
   * @param file what it was cut from
   * @param bytes how many
   */
  default void onCut(Path file, long bytes) {}

  /**
   * Bytes are not as they were written; what stood there is lost to the spool. Told again when the
   * file is opened again, as long as other records in it wait.
   *
   * @param keptAs a copy of them, for whoever wants to look; never written over
   * @param records how many records are missing, as far as their numbers tell; 0 if only the
   *     beginning of a file is concerned, of which there is a second copy
   */
  default void onDamaged(Path keptAs, long records) {}
}
