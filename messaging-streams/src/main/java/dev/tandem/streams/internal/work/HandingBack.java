package dev.tandem.streams.internal.work;

import dev.tandem.api.error.MessagingException;
import dev.tandem.streams.internal.group.GroupCommands;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands back what waits for a handler, so that others of the group get it. For one thread. */
final class HandingBack {
  private static final Logger LOG = LoggerFactory.getLogger(HandingBack.class);

  private final Shared shared;
  private final Intake intake;

  HandingBack(Shared shared, Intake intake) {
    this.shared = shared;
    this.intake = intake;
  }

  /** Hands back, without counting it, all that no handler has been called with. */
  void handBackAll() {
    shared.registry().byStream().forEach(this::handBack);
  }

  private void handBack(GroupStream stream, List<Lease> held) {
    List<Lease> waiting =
        held.stream().filter(lease -> lease.state() == Lease.State.BUFFERED).toList();
    int handedBack = 0;
    try {
      for (int from = 0; from < waiting.size(); from += GroupCommands.PAGE) {
        List<Lease> page =
            waiting.subList(from, Math.min(waiting.size(), from + GroupCommands.PAGE));
        // Or it would be found under our name, as if its reply had been lost, and be taken again.
        handedBack += intake.exclusively(() -> release(stream, page));
      }
    } catch (MessagingException e) {
      LOG.debug("{}: could not hand back what waits, will be tried again", stream, e);
      shared.standing().unaccounted(stream);
    }
    if (handedBack > 0) {
      LOG.warn("{}: no handler is free: {} deliveries are left to others", stream, handedBack);
    }
  }

  private int release(GroupStream stream, List<Lease> page) {
    List<GroupCommands.PendingRow> rows = new ArrayList<>(page.size());
    for (Lease lease : page) {
      if (shared.registry().drop(lease)) {
        rows.add(new GroupCommands.PendingRow(lease.id(), lease.deliveries()));
      }
    }
    if (!rows.isEmpty()) {
      shared.leases().release(shared.redis().commands(), stream, rows);
    }
    return rows.size();
  }
}
