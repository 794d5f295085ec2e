package dev.tandem.examples.soak.live;

import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.pubsub.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds every subscription to the promise.
 *
 * <p><b>What it knows.</b> Publishers say which number got which position, and which was refused;
 * of those whose reply was lost nothing is known until someone gets them. Subscriber processes
 * report each message and gap before their listener returns, over a pipe that outlives them, and
 * their successors resume from the last report. Whoever breaks the server says what gets lost by
 * it. In the end the server says where each channel stands.
 *
 * <p><b>What it can find.</b> A log gives out every version from 1 on. So whatever the publishers
 * were told, each version up to the highest known one of each log, or up to the head where the
 * channel ended, was given to each subscriber exactly once and in order, with the number that
 * belongs to it, or lies before its beginning or within one of its gaps. A gap must begin where the
 * subscriber stood and have a ground: as many logs as were lost and one more, nothing trimmed that
 * neither the channel's limit nor an eviction explains. No log holds a number twice, and the
 * numbers of one publisher ascend. A message that was published again after its whole log was lost
 * is not a duplicate: nobody can know.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Checker {
  private final ReentrantLock lock = new ReentrantLock();
  private final Complaints complaints = new Complaints();
  private final List<ChannelTruth> channels = new ArrayList<>();
  private long reports;

  Checker(List<? extends Channel<?>> channels) {
    channels.forEach(
        channel ->
            this.channels.add(new ChannelTruth(channel.name(), channel.maxMessages(), complaints)));
  }

  /** The next number of a publisher on a channel. */
  int issue(int channel, int publisher) {
    return locked(() -> channels.get(channel).issue(publisher));
  }

  /** A publisher was told that it is stored there. */
  void published(int channel, int number, Position at) {
    locked(() -> channels.get(channel).published(number, at));
  }

  /** A publisher was told that it is not stored. */
  void refused(int channel, int number) {
    locked(() -> channels.get(channel).refused(number));
  }

  /** A channel's log is about to be lost. */
  void losesLog(int channel) {
    locked(() -> channels.get(channel).losesLog());
  }

  /** A channel's stored messages are about to be lost. */
  void losesBuffer(int channel) {
    locked(() -> channels.get(channel).losesBuffer());
  }

  /** A subscriber's process reports. */
  void accept(int subscriber, SubscriberReport report) {
    locked(
        () -> {
          reports++;
          ChannelTruth channel = channels.get((int) report.channel());
          Position at = report.at();
          if (at == null) {
            complaints.add("subscriber %d reports no position: %s", subscriber + 1, report);
            return;
          }
          switch (report.kind()) {
            case STARTED -> channel.view(subscriber).begin(at);
            case MESSAGE -> channel.delivered(subscriber, Integer.parseInt(report.text()), at);
            case GAP ->
                channel.view(subscriber).gap(report.from(), at, GapReason.valueOf(report.text()));
            case READY, STATS, BROKEN ->
                throw new IllegalArgumentException("not about a message: " + report);
          }
        });
  }

  /** Where the reports of a subscriber's processes on a channel end; null before they begin. */
  @Nullable Position position(int channel, int subscriber) {
    lock.lock();
    try {
      return channels.get(channel).view(subscriber).at();
    } finally {
      lock.unlock();
    }
  }

  /** Grows with everything that subscribers report. */
  long progress() {
    return locked(() -> reports);
  }

  /**
   * The verdict when nothing happens any more.
   *
   * @param heads where each channel stands
   */
  Verdict judge(List<? extends @Nullable Position> heads) {
    return locked(
        () -> {
          Verdict.Sum sum = new Verdict.Sum();
          for (int i = 0; i < channels.size(); i++) {
            channels.get(i).judge(heads.get(i), sum);
            sum.addPublished(channels.get(i).count());
          }
          return sum.verdict(complaints.list());
        });
  }

  private void locked(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
  }

  private <T> T locked(Supplier<T> action) {
    lock.lock();
    try {
      return action.get();
    } finally {
      lock.unlock();
    }
  }
}
