package dev.tandem.streams.internal.work;

import dev.tandem.api.error.ClosedException;
import dev.tandem.streams.internal.dead.RetentionAgenda;
import dev.tandem.streams.internal.group.GroupReading;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.GroupView;
import dev.tandem.streams.internal.schedule.PromoteAgenda;
import dev.tandem.streams.internal.schedule.Promoter;
import dev.tandem.streams.internal.trim.TrimAgenda;
import dev.tandem.streams.internal.trim.TrimAgenda.Sight;
import dev.tandem.streams.internal.trim.Trimmer;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after a worker's streams, whatever their groups: appends scheduled messages when they are
 * due, trims, and deletes dead letters that are kept no longer. On a thread of its own, for a
 * scheduled message must not wait for a sweep.
 */
final class Housekeeping implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);

  private static final long ERROR_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Shared shared;
  private final PromoteAgenda schedules;
  private final TrimAgenda trims;
  private final RetentionAgenda retention;
  private final CountDownLatch stop = new CountDownLatch(1);

  Housekeeping(Shared shared, List<GroupStream> streams) {
    WorkerSettings settings = shared.settings();
    this.shared = shared;
    this.trims = new TrimAgenda(shared.redis().commands(), settings.trimEvery(), settings.random());
    KeyLayout layout = KeyLayout.of(shared.redis());
    List<StreamKeys> all = new ArrayList<>();
    for (Binding<?> binding : settings.bindings()) {
      String topic = binding.topic().name();
      Trimmer trimmer = new Trimmer(shared.redis().metrics(), topic);
      for (Tenant tenant : settings.tenants()) {
        StreamKeys keys = layout.stream(tenant, topic);
        trims.add(keys, trimmer, binding.topic().trimming());
        all.add(keys);
      }
    }
    this.retention =
        new RetentionAgenda(
            shared.redis(),
            settings.deadLetterRetention(),
            settings.trimEvery(),
            settings.random());
    streams.forEach(stream -> retention.add(stream.keys(), () -> deadLetters(stream)));
    this.schedules = new PromoteAgenda(new Promoter(shared.redis()), all);
  }

  /** This is how a stream looks now. From any thread. */
  void saw(GroupStream stream, GroupView view) {
    if (!stream.isReplay()) {
      trims.saw(
          stream.source(),
          new Sight(view.position(), view.counts().pending(), view.counts().length()));
    }
  }

  /** Ends the thread after what it does now. */
  void stop() {
    stop.countDown();
  }

  @Override
  public void run() {
    long wait = untilNext();
    while (!isStopped(wait)) {
      try {
        schedules.promoteDue();
        trims.trimDue();
        retention.trimDue();
        wait = untilNext();
      } catch (ClosedException e) {
        shared.standing().fatal(e);
        return;
      } catch (RuntimeException | Error e) {
        LOG.error("housekeeping failed in the worker itself, will be tried again", e);
        wait = ERROR_NANOS;
      }
    }
  }

  private boolean isStopped(long wait) {
    try {
      return stop.await(wait, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      LOG.debug("interrupted, which does not end housekeeping");
      return stop.getCount() == 0;
    }
  }

  private long untilNext() {
    long first = Math.min(schedules.untilNext(), trims.untilNext());
    return Math.min(first, retention.untilNext());
  }

  /** How many letters the group was last seen to have. */
  private static long deadLetters(GroupStream stream) {
    GroupReading seen = stream.reading();
    return seen == null ? -1 : seen.deadLetters();
  }
}
