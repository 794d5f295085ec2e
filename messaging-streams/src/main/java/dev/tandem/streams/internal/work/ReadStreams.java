package dev.tandem.streams.internal.work;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.streams.internal.group.GroupSetup;
import dev.tandem.streams.internal.group.GroupStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The streams that a reader reads, and what has to be put right with each before: that its group
 * exists, and that nothing is pending under our name which we do not hold. For the reader's thread,
 * except what says otherwise.
 */
final class ReadStreams {
  private static final Logger LOG = LoggerFactory.getLogger(ReadStreams.class);

  private static final long MOST_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long FIRST_ASIDE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long MOST_ASIDE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private record Change(GroupStream stream, boolean read) {}

  private final GroupSetup setup;
  private final Set<GroupStream> streams;
  private final Map<String, GroupStream> byKey = new ConcurrentHashMap<>();

  /** Streams that are to be read from now on, or not any more. */
  private final Queue<Change> changes = new ConcurrentLinkedQueue<>();

  private final Set<GroupStream> unchecked = ConcurrentHashMap.newKeySet();
  private final Set<GroupStream> missing = ConcurrentHashMap.newKeySet();
  private final Set<GroupStream> unaccounted = ConcurrentHashMap.newKeySet();

  /** Streams that cannot be read now. */
  private final Map<GroupStream, Aside> setAside = new HashMap<>();

  /** Streams of which was told that they cannot be read. */
  private final Set<GroupStream> warned = new HashSet<>();

  /** Whether anything came up since {@link #change} was last called. */
  private volatile boolean stirred;

  ReadStreams(List<GroupStream> streams, GroupSetup setup) {
    this.setup = setup;
    this.streams = new LinkedHashSet<>(streams);
    streams.forEach(stream -> byKey.put(stream.stream().text(), stream));
    unchecked.addAll(streams);
  }

  /** Whether this stream is among them. From any thread. */
  boolean contains(GroupStream stream) {
    return byKey.get(stream.stream().text()) == stream;
  }

  /** The stream of this key, or null. */
  @Nullable GroupStream byKey(String key) {
    return byKey.get(key);
  }

  /** One of them, or null if there is none. */
  @Nullable GroupStream any() {
    return streams.isEmpty() ? null : streams.iterator().next();
  }

  /** This stream is read too after the next {@link #change}. From any thread. */
  void add(GroupStream stream) {
    byKey.put(stream.stream().text(), stream);
    changes.add(new Change(stream, true));
    stirred = true;
  }

  /** This stream is not read any more after the next {@link #change}. From any thread. */
  void remove(GroupStream stream) {
    changes.add(new Change(stream, false));
    stirred = true;
  }

  /** The stream's group is gone. From any thread. */
  void groupMissing(GroupStream stream) {
    missing.add(stream);
    stirred = true;
  }

  /**
   * A read of these failed, and nothing was delivered. Those that it says are missing are made
   * again; false if it says something else, or not which.
   */
  boolean areMissing(List<GroupStream> some, MessagingException error) {
    if (error.code() != ErrorCode.GROUP_MISSING) {
      return false;
    }
    String text = String.valueOf(error.getMessage());
    List<GroupStream> named =
        some.size() == 1
            ? some
            : some.stream()
                .filter(one -> text.contains('\'' + one.stream().text() + '\''))
                .toList();
    missing.addAll(named);
    unchecked.addAll(named);
    stirred |= !named.isEmpty();
    return !named.isEmpty();
  }

  /** A read of this stream alone failed. */
  void failed(GroupStream stream, MessagingException error) {
    if (areMissing(List.of(stream), error)) {
      return;
    }
    if (isItsOwn(error)) {
      if (warned.add(stream)) {
        LOG.warn("{} cannot be read, will be tried again: {}", stream, error.getMessage());
      }
      setAside(stream, false, String.valueOf(error.getMessage()));
    } else {
      unchecked.add(stream);
      unaccounted.add(stream);
    }
    stirred = true;
  }

  /** Whether it says something of a stream, and nothing of the server or the connection. */
  static boolean isItsOwn(MessagingException error) {
    return switch (error.code()) {
      case GROUP_MISSING, WRONG_TYPE, ACCESS_DENIED, SERVER_ERROR -> true;
      default -> false;
    };
  }

  /** Entries may be pending under our name that we do not hold. From any thread. */
  void unaccounted(GroupStream stream) {
    unaccounted.add(stream);
    stirred = true;
  }

  /** Nothing is known for sure of any stream, for a reply may have been lost. */
  void distrustAll() {
    unchecked.addAll(streams);
    unaccounted.addAll(streams);
    stirred = true;
  }

  /** Whether there is something new to put right, or to change, before the next read. */
  boolean haveTrouble() {
    return stirred;
  }

  /** Whether some have not been looked at yet since they had to be. */
  boolean areSomeLeft() {
    return !unchecked.isEmpty();
  }

  /** Those that can be read, in a list of the caller's own. */
  List<GroupStream> usable() {
    return new ArrayList<>(
        streams.stream()
            .filter(stream -> !setAside.containsKey(stream) && !unchecked.contains(stream))
            .toList());
  }

  /** Whether some cannot be read for now. */
  boolean areSomeAside() {
    return !setAside.isEmpty();
  }

  /** How many there are, counting what is to be added. From any thread. */
  int size() {
    return byKey.size();
  }

  /** Whether all can be read that are there. */
  boolean areAllUsable() {
    return unchecked.isEmpty() && setAside.keySet().stream().allMatch(GroupStream::isGone);
  }

  /** Begins to read what was added, and forgets what was removed. */
  void change() {
    stirred = false; // first: what is added behind what is taken here stirs again
    for (Change change = changes.poll(); change != null; change = changes.poll()) {
      GroupStream stream = change.stream;
      if (!change.read) {
        streams.remove(stream);
        List.of(unchecked, missing, unaccounted).forEach(set -> set.remove(stream));
        setAside.remove(stream);
        warned.remove(stream);
        byKey.remove(stream.stream().text(), stream);
        stream.setAside("");
        if (!stream.isLeaving()) {
          stream.forget();
        }
      } else if (streams.add(stream)) {
        unchecked.add(stream);
      }
    }
  }

  /**
   * Puts right what is wrong, for some milliseconds; the next call goes on. Streams with which that
   * fails are set aside and tried again later, ever more seldom: one tenant's stream that cannot be
   * read must not keep the others' from being read.
   *
   * @param first those that come first
   * @param broken whether the connection has failed
   * @param troubled told why a stream is set aside
   * @throws MessagingException if it is the connection that failed
   */
  void putRight(
      CommandExecutor link,
      List<GroupStream> first,
      BooleanSupplier broken,
      Consumer<MessagingException> troubled) {
    long now = System.nanoTime();
    long until = now + MOST_NANOS;
    setAside.forEach(
        (stream, aside) -> {
          if (aside.retryAtNanos - now <= 0) {
            unchecked.add(stream);
          }
        });
    Set<GroupStream> all = new HashSet<>(missing);
    all.addAll(unaccounted);
    all.addAll(unchecked);
    all.retainAll(streams);
    Set<GroupStream> wrong = new LinkedHashSet<>(first);
    wrong.retainAll(all);
    wrong.addAll(all);
    for (GroupStream stream : wrong) {
      if (until - System.nanoTime() < 0) {
        return;
      }
      putRight(link, stream, broken, troubled);
    }
  }

  private void putRight(
      CommandExecutor link,
      GroupStream stream,
      BooleanSupplier broken,
      Consumer<MessagingException> troubled) {
    Aside aside = setAside.get(stream);
    boolean wasLost = missing.remove(stream) || (aside != null && aside.lost);
    boolean isUnaccounted = unaccounted.remove(stream);
    boolean isUnchecked = unchecked.contains(stream);
    try {
      if (wasLost || isUnchecked) {
        setup.establish(link, stream);
      }
      if ((isUnaccounted || isUnchecked) && !stream.isGone()) {
        setup.takeUnaccounted(link, stream);
      }
      unchecked.remove(stream);
      if (stream.isGone()) {
        setAside(stream, false, "it does not exist");
      } else {
        setAside.remove(stream);
        stream.setAside("");
      }
    } catch (MessagingException e) {
      unchecked.add(stream);
      if (broken.getAsBoolean() || e instanceof ClosedException) {
        if (wasLost) {
          missing.add(stream);
        }
        throw e;
      }
      unchecked.remove(stream);
      if (aside == null) {
        LOG.warn("{} cannot be read, will be tried again: {}", stream, e.getMessage());
      }
      setAside(stream, wasLost, String.valueOf(e.getMessage()));
      troubled.accept(e);
    }
  }

  private void setAside(GroupStream stream, boolean wasLost, String why) {
    Aside aside = setAside.computeIfAbsent(stream, one -> new Aside());
    aside.lost = wasLost;
    aside.retryAtNanos = System.nanoTime() + aside.nextNanos;
    aside.nextNanos = Math.min(MOST_ASIDE_NANOS, 2 * aside.nextNanos);
    stream.setAside(why);
  }

  /** When one that cannot be read is tried again, and whether its group was lost. */
  private static final class Aside {
    boolean lost;
    long nextNanos = FIRST_ASIDE_NANOS;
    long retryAtNanos;
  }
}
