package dev.tandem.streams.internal.work;

import dev.tandem.api.error.MessagingException;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Patience;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets go of tenants that are removed: once nothing of them is read any more, what was not started
 * goes back to the group; when what runs is settled, or the drain time is over, the consumer is
 * removed from their groups.
 */
final class Partings implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Partings.class);
  private static final long LOOK_MILLIS = 20;

  /** Before what failed is tried again: nothing is taken for any tenant meanwhile. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final Shared shared;
  private final Readers readers;
  private final Intake intake;
  private final Departure departure;
  private final Consumer<Served> left;
  private final BlockingQueue<Served> told = new LinkedBlockingQueue<>();
  private final Map<Served, Parting> going = new LinkedHashMap<>();
  private volatile boolean stopping;

  Partings(
      Shared shared, Readers readers, Intake intake, Departure departure, Consumer<Served> left) {
    this.shared = shared;
    this.readers = readers;
    this.intake = intake;
    this.departure = departure;
    this.left = left;
  }

  /** This tenant is to go. */
  void add(Served tenant) {
    told.add(tenant);
  }

  /** Ends the thread after what it does now; those who have not left then leave with the worker. */
  void stop() {
    stopping = true;
  }

  @Override
  public void run() {
    while (!stopping) {
      try {
        Served next =
            told.poll(going.isEmpty() ? 10 * LOOK_MILLIS : LOOK_MILLIS, TimeUnit.MILLISECONDS);
        if (next != null) {
          long nanos = shared.settings().drainTimeout().toNanos();
          going.put(next, new Parting(next, System.nanoTime() + nanos));
        }
        for (Iterator<Parting> all = going.values().iterator(); all.hasNext() && !stopping; ) {
          Parting parting = all.next();
          if (parting.goOn()) {
            all.remove();
            left.accept(parting.tenant);
          }
        }
      } catch (InterruptedException e) {
        LOG.debug("interrupted, which does not end the letting go of tenants");
      } catch (RuntimeException | Error e) {
        LOG.error("group {}: letting go of a tenant failed", shared.settings().group(), e);
      }
    }
  }

  /** One tenant on its way out. */
  private final class Parting {
    private final Served tenant;
    private final List<GroupStream> streams = new ArrayList<>();
    private final long untilNanos;
    private boolean handedBack;
    private long attemptAt = System.nanoTime();

    Parting(Served tenant, long untilNanos) {
      this.tenant = tenant;
      this.untilNanos = untilNanos;
      for (GroupStream source : tenant.streams().values()) {
        streams.add(source);
        streams.add(source.replay());
      }
    }

    /** Does the next step, if it is time; whether that was the last. */
    boolean goOn() {
      boolean late = untilNanos - System.nanoTime() <= 0;
      if (streams.stream().anyMatch(readers::anyReads)
          || (!late && attemptAt - System.nanoTime() > 0)) {
        return false;
      }
      if (!handedBack) {
        handedBack = attempt(false, late);
      }
      int held = streams.stream().mapToInt(stream -> shared.registry().of(stream).size()).sum();
      if (held > 0 && !late) {
        return false;
      }
      if (held > 0) {
        LOG.warn(
            "tenant {}: drain time is over with {} deliveries unfinished", tenant.tenant(), held);
      }
      return attempt(held == 0, late);
    }

    /** Whether it is done, or not to be tried again. */
    private boolean attempt(boolean retire, boolean last) {
      boolean all = true;
      for (GroupStream stream : streams) {
        if (stream.position() == null || stream.isGone()) {
          continue;
        }
        try {
          // So that nothing is on its way to us that is taken for forgotten.
          intake.exclusively(
              () -> {
                departure.attempt(stream, retire);
                return retire;
              });
        } catch (MessagingException e) {
          if (last || !Patience.isPassing(e)) {
            departure.failed(stream, e);
          } else {
            all = false;
            attemptAt = System.nanoTime() + PAUSE_NANOS;
          }
        }
      }
      return all;
    }
  }
}
