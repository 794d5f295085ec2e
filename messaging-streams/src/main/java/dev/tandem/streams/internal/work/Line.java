package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.Lease;

/** Where the deliveries of one stream line up for their handler. Safe for use by many threads. */
interface Line {
  /** A delivery has come in. */
  void submit(Lease lease);
}
