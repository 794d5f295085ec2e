package dev.tandem.streams.internal.work;

import dev.tandem.api.error.ClosedException;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.dead.RetentionAgenda;
import dev.tandem.streams.internal.group.GroupReading;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.GroupView;
import dev.tandem.streams.internal.schedule.PromoteAgenda;
import dev.tandem.streams.internal.schedule.Promoter;
import dev.tandem.streams.internal.trim.TrimAgenda;
import dev.tandem.streams.internal.trim.TrimAgenda.Sight;
import dev.tandem.streams.internal.trim.Trimmer;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
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

  /** What is to be looked after from now on, or not any more. */
  private final Queue<Runnable> changes = new ConcurrentLinkedQueue<>();

  private final Map<String, Trimmer> trimmers = new ConcurrentHashMap<>();

  Housekeeping(Shared shared) {
    WorkerSettings settings = shared.settings();
    this.shared = shared;
    this.trims = new TrimAgenda(shared.redis().commands(), settings.trimEvery(), settings.random());
    this.retention =
        new RetentionAgenda(
            shared.redis(),
            settings.deadLetterRetention(),
            settings.trimEvery(),
            settings.random());
    this.schedules = new PromoteAgenda(new Promoter(shared.redis()), List.of());
  }

  /** Looks after this stream too. From any thread. */
  void add(StreamTopic<?> topic, GroupStream stream) {
    changes.add(
        () -> {
          Trimmer trimmer =
              trimmers.computeIfAbsent(
                  topic.name(), name -> new Trimmer(shared.redis().metrics(), name));
          trims.add(stream.source(), trimmer, topic.trimming());
          retention.add(stream.keys(), () -> deadLetters(stream));
          schedules.add(stream.source());
        });
  }

  /** Looks after this stream no more. From any thread. */
  void remove(GroupStream stream) {
    changes.add(
        () -> {
          trims.remove(stream.source());
          retention.remove(stream.keys());
          schedules.remove(stream.source());
        });
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
    long wait = 0;
    while (!isStopped(wait)) {
      try {
        change();
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

  private void change() {
    for (Runnable change = changes.poll(); change != null; change = changes.poll()) {
      change.run();
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
