package dev.tandem.hybrid.internal.spool;

import dev.tandem.hybrid.internal.send.SpoolEntrance;
import dev.tandem.hybrid.internal.wire.PublishCall;
import dev.tandem.tenant.Tenant;
import java.nio.ByteBuffer;

/**
 * A call that is to become a record.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
final class Draft {
  private final PublishCall call;
  private final long createdMillis;
  private final byte[] content;
  private long number = SpoolEntrance.NOT_TAKEN;
  private boolean written;

  Draft(PublishCall call, long createdMillis) {
    this.call = call;
    this.createdMillis = createdMillis;
    this.content = CallFormat.write(call, createdMillis);
  }

  Tenant tenant() {
    return call.destination().tenant();
  }

  int messages() {
    return call.count();
  }

  /** How many bytes it takes in a file. */
  int bytes() {
    return RecordFormat.HEAD + content.length;
  }

  /** There is room for it. */
  void admit(long given) {
    number = given;
  }

  long number() {
    return number;
  }

  boolean isAdmitted() {
    return number != SpoolEntrance.NOT_TAKEN;
  }

  ByteBuffer toWrite(RecordFormat format) {
    return format.written(number, content);
  }

  /** It is on the disk, at this place. */
  SpoolRecord written(Segment segment, long offset) {
    written = true;
    return new SpoolRecord(
        number, tenant(), segment, offset, content.length, messages(), createdMillis);
  }

  /** The record's number if it is on the disk. */
  long result() {
    return written ? number : SpoolEntrance.NOT_TAKEN;
  }
}
