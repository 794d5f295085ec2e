package dev.tandem.hybrid.internal.send;

import dev.tandem.api.error.MessagingException;
import dev.tandem.hybrid.internal.wire.PublishCall;
import dev.tandem.tenant.Tenant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where calls go while Redis is away, to be sent from there later. */
public interface SpoolEntrance {
  /** In place of a record's number: the call was not taken. */
  long NOT_TAKEN = 0;

  /**
   * What became of calls.
   *
   * @param records for each the number of its record, or {@link #NOT_TAKEN}
   * @param failure why some were not taken, or null
   */
  record Taken(List<Long> records, @Nullable MessagingException failure) {}

  /**
   * Whether calls of this tenant go there and not to the server: some of that tenant's wait there,
   * or the server is away for all.
   */
  boolean takes(Tenant tenant);

  /**
   * Takes calls, in order, as far as it can; when it returns they are on the disk.
   *
   * @param isAway whether they come because the server was found to be away
   */
  Taken append(List<PublishCall> calls, boolean isAway);
}
