package dev.tandem.hybrid.internal.spool;

import dev.tandem.tenant.Tenant;

/**
 * Where a record that waits is to be found.
 *
 * <p>Thread safety: immutable.
 *
 * @param number its number
 * @param offset where it begins in its file
 * @param length of its content
 * @param messages how many it has
 * @param createdMillis when it was written, by this machine's clock
 */
record SpoolRecord(
    long number,
    Tenant tenant,
    Segment segment,
    long offset,
    int length,
    int messages,
    long createdMillis) {
  /** How many bytes it takes in its file. */
  int bytes() {
    return RecordFormat.HEAD + length;
  }

  /** The same one in another file. */
  SpoolRecord movedTo(Segment other, long place) {
    return new SpoolRecord(number, tenant, other, place, length, messages, createdMillis);
  }
}
