package dev.tandem.streams.internal.group;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.Replies;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews every held lease each third of the lease time, at least every 10 seconds, on a connection
 * of its own (on a Cluster one for each slot, up to {@value #MOST_LINKS}, and the pool's beyond
 * that), and finds out which ones another consumer has taken.
 */
public final class Renewer implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Renewer.class);

  /** The most connections of its own. */
  static final int MOST_LINKS = 16;

  private static final long DATA_GONE = 2;
  private static final long OTHER_GROUP = -2;
  // Also with long leases: only this tells a worker that is not reading that its group was lost and
  // made again by another, and until then nobody else knows of what it holds.
  private static final Duration RAREST = Duration.ofSeconds(10);
  private static final Duration LEAST_REPLY_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration MOST_REPLY_TIMEOUT = Duration.ofSeconds(5);

  private final Membership member;
  private final long everyNanos;
  private final Duration replyTimeout;
  private final Map<Integer, DedicatedLink> links = new HashMap<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition wake = lock.newCondition();
  private volatile boolean stopped;

  public Renewer(Membership member) {
    this.member = member;
    Duration lease = member.settings().lease();
    this.everyNanos = min(lease.dividedBy(3), RAREST).toNanos();
    this.replyTimeout = max(LEAST_REPLY_TIMEOUT, min(MOST_REPLY_TIMEOUT, lease.dividedBy(3)));
  }

  private static Duration max(Duration one, Duration other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) <= 0 ? one : other;
  }

  @Override
  public void run() {
    boolean renewed = true;
    while (pause(renewed ? everyNanos : everyNanos / 5)) {
      try {
        renewed = renewAll();
      } catch (RuntimeException | Error e) {
        renewed = false;
        closeLinks();
        LOG.warn(
            "group {}: renewing leases failed, will be tried again: {}",
            member.settings().group(),
            e.toString());
      }
    }
    closeLinks();
  }

  /** Ends the thread; leases then run out. */
  public void stop() {
    stopped = true;
    lock.lock();
    try {
      wake.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean pause(long nanos) {
    long left = Math.max(nanos, TimeUnit.MILLISECONDS.toNanos(10));
    lock.lock();
    try {
      while (!stopped && left > 0) {
        left = wake.awaitNanos(left);
      }
      return !stopped;
    } catch (InterruptedException e) {
      LOG.debug("interrupted, which does not end renewing");
      return !stopped;
    } finally {
      lock.unlock();
    }
  }

  private boolean renewAll() {
    boolean all = true;
    Map<GroupStream, List<Lease>> byStream = member.registry().byStream();
    closeUnused(byStream.keySet());
    for (Map.Entry<GroupStream, List<Lease>> held : byStream.entrySet()) {
      if (stopped) {
        return true;
      }
      all &= renew(held.getKey(), held.getValue());
    }
    return all;
  }

  private boolean renew(GroupStream stream, List<Lease> leases) {
    List<List<Lease>> pages = new ArrayList<>();
    List<Command> commands = new ArrayList<>();
    for (List<Lease> page : pages(leases, lease -> !lease.isOrphaned())) {
      pages.add(page);
      commands.add(member.leases().renew(stream, page));
    }
    for (List<Lease> page : pages(leases, Lease::isOrphaned)) {
      pages.add(page);
      commands.add(member.commands().hold(stream, member.settings().lease(), page));
    }
    if (pages.isEmpty()) {
      return true;
    }
    long sent = System.nanoTime();
    List<@Nullable Object> replies;
    try {
      replies = link(stream).executeAll(commands);
    } catch (MessagingException e) {
      return failed(stream, e);
    }
    boolean all = true;
    for (int i = 0; i < pages.size(); i++) {
      if (replies.get(i) instanceof MessagingException e) {
        all = failed(stream, e);
      } else {
        renewed(pages.get(i), Replies.list(replies.get(i)), sent);
      }
    }
    return all;
  }

  private static List<List<Lease>> pages(List<Lease> leases, Predicate<Lease> which) {
    List<Lease> ours = leases.stream().filter(which).filter(lease -> !lease.isLost()).toList();
    List<List<Lease>> pages = new ArrayList<>();
    for (int from = 0; from < ours.size(); from += GroupCommands.PAGE) {
      pages.add(ours.subList(from, Math.min(ours.size(), from + GroupCommands.PAGE)));
    }
    return pages;
  }

  private void renewed(List<Lease> leases, List<@Nullable Object> owners, long sent) {
    member.standing().proven();
    for (int i = 0; i < leases.size(); i++) {
      Lease lease = leases.get(i);
      long owner = Replies.number(owners.get(i));
      if (owner >= 1) {
        if (owner == DATA_GONE) {
          lease.markDataGone();
        }
        lease.confirmed(sent);
      } else if (lease.isOpen() && !isPerhapsOurDoing(lease, owner)) {
        notOurs(lease, owner);
      }
    }
  }

  private static boolean isPerhapsOurDoing(Lease lease, long owner) {
    return lease.isPerhapsDone() || (lease.isPerhapsParked() && owner != OTHER_GROUP);
  }

  private void notOurs(Lease lease, long owner) {
    if (owner == OTHER_GROUP) {
      member.standing().groupMissing(lease.stream());
    } else if (lease.markLost()) {
      lease.stream().counters().leasesLost.add(1);
      member.registry().drop(lease);
      LOG.warn("lease lost: {} was taken over or settled by another consumer", lease);
    }
  }

  private boolean failed(GroupStream stream, MessagingException error) {
    if (error.code() == ErrorCode.GROUP_MISSING) {
      member.standing().groupMissing(stream);
    }
    LOG.debug("leases of {} could not be renewed, will be tried again", stream, error);
    return false;
  }

  private CommandExecutor link(GroupStream stream) {
    int slot = member.redis().isCluster() ? stream.stream().slot() : -1;
    DedicatedLink known = links.get(slot);
    if (known != null && !known.isBroken()) {
      return known;
    }
    if (known != null) {
      known.close();
      links.remove(slot);
    }
    if (links.size() >= MOST_LINKS) {
      return member.redis().commands();
    }
    DedicatedLink opened = member.redis().openDedicated(stream.stream(), replyTimeout);
    links.put(slot, opened);
    return opened;
  }

  /** Gives up the connections to where nothing is held any more. */
  private void closeUnused(Set<GroupStream> held) {
    if (links.size() > 1) {
      Set<Integer> slots = new HashSet<>();
      held.forEach(stream -> slots.add(stream.stream().slot()));
      List<Integer> unused = links.keySet().stream().filter(slot -> !slots.contains(slot)).toList();
      unused.forEach(slot -> Objects.requireNonNull(links.remove(slot)).close());
    }
  }

  private void closeLinks() {
    links.values().forEach(DedicatedLink::close);
    links.clear();
  }
}
