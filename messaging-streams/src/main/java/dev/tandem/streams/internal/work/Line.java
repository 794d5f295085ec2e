package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.Lease;
import java.util.List;

/** Where the deliveries of one stream line up for their handler. Safe for use by many threads. */
interface Line {
  /** Deliveries have come in, in this order. */
  void submit(List<Lease> leases);
}
