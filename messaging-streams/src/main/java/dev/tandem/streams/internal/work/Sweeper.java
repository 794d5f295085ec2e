package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.ClaimCommands;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.GroupView;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over, or buries, what other consumers have let lapse. First what belongs to those that were
 * silent for a lease time; then a part of everything that is pending, for a consumer may live on
 * and yet have forgotten an entry. Each sweep does a bounded part, and the next one goes on.
 */
final class Sweeper {
  private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);
  private static final int PAGES_WITHOUT_FIND = 10;
  private static final int MOST_PAGES = 100;

  private final Shared shared;
  private final Intake intake;
  private final BooleanSupplier stopping;

  Sweeper(Shared shared, Intake intake, BooleanSupplier stopping) {
    this.shared = shared;
    this.intake = intake;
    this.stopping = stopping;
  }

  /** Sweeps; whether there is more to be done as soon as there is room. */
  boolean sweep(Visit visit, GroupView view) {
    Pass pass = new Pass(visit.stream, view.astray());
    for (String consumer : view.lapsed()) {
      pass.run(consumer, "-");
      if (pass.more) {
        return true;
      }
    }
    String next = pass.run("", visit.cursor);
    visit.cursor = next.isEmpty() ? "-" : next;
    return pass.more;
  }

  /** One sweep of a stream. */
  private final class Pass {
    private final GroupStream stream;
    private final boolean repair;
    private boolean more;
    private int pages;

    Pass(GroupStream stream, boolean repair) {
      this.stream = stream;
      this.repair = repair;
    }

    /** Goes through what a consumer holds, or everybody; where it left off, or empty. */
    String run(String consumer, String start) {
      String from = start;
      int withoutFind = 0;
      while (!from.isEmpty()
          && !more
          && withoutFind < PAGES_WITHOUT_FIND
          && !stopping.getAsBoolean()) {
        String page = from;
        ClaimCommands.Swept swept = intake.exclusively(() -> sweepPage(consumer, page));
        from = swept.next();
        boolean found = swept.buried() > 0 || !swept.taken().entries().isEmpty();
        withoutFind += found ? 0 : 1;
        more |= ++pages >= MOST_PAGES && found;
      }
      return from;
    }

    private ClaimCommands.Swept sweepPage(String consumer, String from) {
      int room = intake.extraRoom(stream);
      long sent = System.nanoTime();
      ClaimCommands.Swept swept =
          shared
              .claims()
              .sweep(
                  shared.redis().commands(),
                  stream,
                  shared.settings().lease(),
                  shared.settings().mostDeliveries(),
                  consumer,
                  from,
                  room,
                  repair);
      more |= room > 0 && swept.taken().entries().size() >= room;
      intake.admit(stream, swept.taken(), sent);
      stream.counters().swept(swept);
      shared.standing().proven();
      if (!swept.failure().isEmpty()) {
        LOG.warn(
            "{}: a dead letter could not be written, will be tried again: {}",
            stream,
            swept.failure());
      }
      return swept;
    }
  }
}
