package dev.tandem.hybrid;

import dev.tandem.api.error.MessagingException;
import java.nio.file.Path;
import java.util.List;

/**
 * Is told what becomes of the records of a {@link Spool}. All of it is logged and counted too; what
 * a method throws is logged.
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
   *     had been published before, and was sent again
   */
  default void onReplayed(long record, List<HybridReceipt> receipts) {}

  /**
   * Redis refuses a record for good; its messages are not published. They stay in a file.
   *
   * @param file where the record is kept
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
   * Bytes are not as they were written; what stood there is lost to the spool.
   *
   * @param keptAs a copy of them, for whoever wants to look
   * @param records how many records are missing, as far as their numbers tell
   */
  default void onDamaged(Path keptAs, long records) {}
}
