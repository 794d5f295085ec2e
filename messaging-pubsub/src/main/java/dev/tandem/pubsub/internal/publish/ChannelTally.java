package dev.tandem.pubsub.internal.publish;

import dev.tandem.pubsub.ChannelPublishStats;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/**
 * What became of the messages for one channel.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class ChannelTally {
  private final Tenant tenant;
  private final String channel;
  private final LongAdder published = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder unknown = new LongAdder();
  private final LongAdder resent = new LongAdder();
  private final LongAdder rateLimited = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder nanos = new LongAdder();
  private final LongAccumulator longestNanos = new LongAccumulator(Math::max, 0);

  ChannelTally(Tenant tenant, String channel) {
    this.tenant = tenant;
    this.channel = channel;
  }

  void published(OutgoingFrame frame, long nowNanos) {
    published.add(frame.messages().size());
    bytes.add(frame.bytes());
    long all = 0;
    long longest = 0;
    for (PendingPublish message : frame.messages()) {
      long took = nowNanos - message.sinceNanos();
      all += took;
      longest = Math.max(longest, took);
    }
    nanos.add(all);
    longestNanos.accumulate(longest);
  }

  void failed(int messages, boolean isUnknown) {
    (isUnknown ? unknown : failed).add(messages);
  }

  void resent(int messages) {
    resent.add(messages);
  }

  void rateLimited(int messages) {
    rateLimited.add(messages);
  }

  ChannelPublishStats stats() {
    long count = published.sum();
    return new ChannelPublishStats(
        tenant,
        channel,
        count,
        failed.sum(),
        unknown.sum(),
        resent.sum(),
        rateLimited.sum(),
        bytes.sum(),
        Duration.ofNanos(count == 0 ? 0 : nanos.sum() / count),
        Duration.ofNanos(longestNanos.get()));
  }
}
