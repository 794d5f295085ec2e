package dev.tandem.streams.internal.work;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.streams.internal.group.GroupSetup;
import dev.tandem.streams.internal.group.GroupStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
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

  private record Change(GroupStream stream, boolean read) {}

  private final GroupSetup setup;
  private final List<GroupStream> streams;
  private final Map<String, GroupStream> byKey = new ConcurrentHashMap<>();

  /** Streams that are to be read from now on, or not any more. */
  private final Queue<Change> changes = new ConcurrentLinkedQueue<>();

  private final Set<GroupStream> unchecked = ConcurrentHashMap.newKeySet();
  private final Set<GroupStream> missing = ConcurrentHashMap.newKeySet();
  private final Set<GroupStream> unaccounted = ConcurrentHashMap.newKeySet();

  /** Streams that cannot be read now, and whether their group is known to have been lost. */
  private final Map<GroupStream, Boolean> setAside = new HashMap<>();

  ReadStreams(List<GroupStream> streams, GroupSetup setup) {
    this.setup = setup;
    this.streams = new ArrayList<>(streams);
    streams.forEach(stream -> byKey.put(stream.stream().text(), stream));
  }

  /** Whether this stream is among them. From any thread. */
  boolean contains(GroupStream stream) {
    return byKey.containsKey(stream.stream().text());
  }

  /** The stream of this key, or null. */
  @Nullable GroupStream byKey(String key) {
    return byKey.get(key);
  }

  /** One of them. */
  GroupStream first() {
    return streams.get(0);
  }

  /** This stream is read too after the next {@link #change}. From any thread. */
  void add(GroupStream stream) {
    changes.add(new Change(stream, true));
  }

  /** This stream is not read any more after the next {@link #change}. From any thread. */
  void remove(GroupStream stream) {
    changes.add(new Change(stream, false));
  }

  /** The stream's group is gone. From any thread. */
  void groupMissing(GroupStream stream) {
    missing.add(stream);
  }

  /** All groups may be gone. */
  void allGroupsMissing() {
    missing.addAll(streams);
  }

  /** Entries may be pending under our name that we do not hold. From any thread. */
  void unaccounted(GroupStream stream) {
    unaccounted.add(stream);
  }

  /** Nothing is known for sure of any stream, for a reply may have been lost. */
  void distrustAll() {
    unchecked.addAll(streams);
    unaccounted.addAll(streams);
  }

  /** Whether there is something to put right, or to change, before the next read. */
  boolean haveTrouble() {
    return !missing.isEmpty() || !unaccounted.isEmpty() || !changes.isEmpty();
  }

  /** Those that can be read, in a list of the caller's own. */
  List<GroupStream> usable() {
    return new ArrayList<>(
        streams.stream().filter(stream -> !setAside.containsKey(stream)).toList());
  }

  boolean areAllUsable() {
    return setAside.isEmpty();
  }

  /** Begins to read what was added, and forgets what was removed. */
  void change() {
    for (Change change = changes.poll(); change != null; change = changes.poll()) {
      GroupStream stream = change.stream;
      if (!change.read) {
        streams.remove(stream);
        List.of(unchecked, missing, unaccounted).forEach(set -> set.remove(stream));
        setAside.remove(stream);
        byKey.remove(stream.stream().text());
        stream.forget();
      } else if (!streams.contains(stream)) {
        streams.add(stream);
        byKey.put(stream.stream().text(), stream);
        unchecked.add(stream);
      }
    }
  }

  /**
   * Puts right what is wrong. Streams with which that fails are set aside and tried again the next
   * time: one tenant's stream that cannot be read must not keep the others' from being read.
   *
   * @param troubled told why a stream is set aside
   * @throws MessagingException if it is the connection that failed
   */
  void putRight(
      DedicatedLink link, BooleanSupplier stopping, Consumer<MessagingException> troubled) {
    for (GroupStream stream : streams) {
      if (stopping.getAsBoolean()) {
        return;
      }
      boolean wasLost = missing.remove(stream) || setAside.getOrDefault(stream, false);
      boolean isUnaccounted = unaccounted.remove(stream);
      boolean isUnchecked = unchecked.contains(stream) || setAside.containsKey(stream);
      try {
        if (wasLost || isUnchecked) {
          setup.establish(link, stream);
        }
        if (isUnaccounted || isUnchecked) {
          setup.takeUnaccounted(link, stream);
        }
        unchecked.remove(stream);
        setAside.remove(stream);
      } catch (MessagingException e) {
        unchecked.add(stream);
        if (link.isBroken() || e instanceof ClosedException) {
          if (wasLost) {
            missing.add(stream);
          }
          throw e;
        }
        setAside(stream, wasLost, e);
        troubled.accept(e);
      }
    }
  }

  private void setAside(GroupStream stream, boolean wasLost, MessagingException error) {
    if (setAside.put(stream, wasLost) == null) {
      LOG.warn("{} cannot be read, will be tried again: {}", stream, error.getMessage());
    }
  }
}
