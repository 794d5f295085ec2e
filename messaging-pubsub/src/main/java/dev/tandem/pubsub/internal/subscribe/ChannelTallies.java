package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.pubsub.ChannelDeliveries;
import dev.tandem.pubsub.SubscriberStats;
import dev.tandem.tenant.Tenant;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The counts of a bounded number of channels, and of all others together.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class ChannelTallies {
  private final Clock clock;
  private final int most;
  private final ChannelTally others;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Name, Use> uses = new HashMap<>();
  private final Set<Name> unused = new LinkedHashSet<>();

  ChannelTallies(Clock clock, int most) {
    this.clock = clock;
    this.most = most;
    this.others = new ChannelTally(clock);
  }

  private record Name(String tenant, String channel) {}

  private static final class Use {
    final ChannelTally tally;
    int subscriptions;

    Use(ChannelTally tally) {
      this.tally = tally;
    }
  }

  /** The counts for one more subscription to a channel, which gives them back by release. */
  ChannelTally acquire(Tenant tenant, String channel) {
    Name name = new Name(tenant.name(), channel);
    lock.lock();
    try {
      Use use = uses.get(name);
      if (use == null) {
        if (uses.size() >= most && !makeRoom()) {
          return others;
        }
        use = new Use(new ChannelTally(clock));
        uses.put(name, use);
      }
      unused.remove(name);
      use.subscriptions++;
      return use.tally;
    } finally {
      lock.unlock();
    }
  }

  private boolean makeRoom() {
    Iterator<Name> longestUnused = unused.iterator();
    if (!longestUnused.hasNext()) {
      return false;
    }
    Use gone = uses.remove(longestUnused.next());
    longestUnused.remove();
    if (gone != null) {
      others.take(gone.tally);
    }
    return true;
  }

  /** A subscription has ended. */
  void release(Tenant tenant, String channel, ChannelTally tally) {
    Name name = new Name(tenant.name(), channel);
    lock.lock();
    try {
      Use use = uses.get(name);
      if (use != null && use.tally == tally && --use.subscriptions == 0) {
        unused.add(name);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Sets all counts to zero. */
  void reset() {
    lock.lock();
    try {
      uses.values().forEach(use -> use.tally.reset());
      others.reset();
    } finally {
      lock.unlock();
    }
  }

  SubscriberStats stats() {
    List<ChannelDeliveries> all = new ArrayList<>();
    lock.lock();
    try {
      uses.forEach((name, use) -> all.add(use.tally.stats(name.tenant(), name.channel())));
    } finally {
      lock.unlock();
    }
    return new SubscriberStats(all, others.stats(null, null));
  }
}
