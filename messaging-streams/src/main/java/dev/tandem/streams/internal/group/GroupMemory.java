package dev.tandem.streams.internal.group;

import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.group.GroupCommands.PendingRow;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * What a member remembers of its group, so that the group can be made again if it is lost: up to
 * where everything is known, which entries others held then, and what this member itself has read
 * since. What is neither is of unknown fate. Safe for use by many threads.
 */
public final class GroupMemory {
  private static final int MOST_STRETCHES = 1_024;

  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Stretch> read = new ArrayDeque<>();
  private EntryId knownUpTo = EntryId.NONE;
  private List<PendingRow> othersHeld = List.of();

  GroupMemory() {}

  /**
   * A part of a stream.
   *
   * @param after it begins behind this id
   * @param to it ends before this id, or with it if {@code inclusive}
   */
  public record Stretch(EntryId after, EntryId to, boolean inclusive) {}

  /** One reply to this member brought these entries and all between them. */
  public void read(EntryId first, EntryId last) {
    lock.lock();
    try {
      if (read.size() >= MOST_STRETCHES) {
        read.removeFirst(); // of unknown fate from here on: may come twice, but is not lost
      }
      read.addLast(new Stretch(first, last, true));
    } finally {
      lock.unlock();
    }
  }

  /**
   * The group was looked at: the others hold this, and have finished everything else up to here.
   */
  public void looked(EntryId upTo, List<PendingRow> others) {
    lock.lock();
    try {
      knownUpTo = upTo;
      othersHeld = List.copyOf(others);
      read.removeIf(stretch -> stretch.to().compareTo(upTo) <= 0);
    } finally {
      lock.unlock();
    }
  }

  /** This member has taken these over: others hold them no more. */
  public void took(List<TakenEntry> entries) {
    Set<EntryId> ids =
        entries.stream().map(taken -> taken.entry().id()).collect(Collectors.toSet());
    lock.lock();
    try {
      othersHeld = othersHeld.stream().filter(row -> !ids.contains(row.id())).toList();
    } finally {
      lock.unlock();
    }
  }

  /** What the others held when the group was last looked at. */
  public List<PendingRow> othersHeld() {
    lock.lock();
    try {
      return othersHeld;
    } finally {
      lock.unlock();
    }
  }

  /** The first entry up to this id that may not be done with, apart from what we hold ourselves. */
  public EntryId firstOpen(EntryId upTo) {
    EntryId first = upTo.next();
    for (PendingRow row : othersHeld()) {
      first = row.id().compareTo(first) < 0 ? row.id() : first;
    }
    for (Stretch gap : unknown(upTo)) {
      first = gap.after().next().compareTo(first) < 0 ? gap.after().next() : first;
    }
    return first;
  }

  /** The parts up to this id of which is not known what became of them. */
  public List<Stretch> unknown(EntryId upTo) {
    lock.lock();
    try {
      List<Stretch> gaps = new ArrayList<>();
      EntryId from = knownUpTo;
      for (Stretch mine : read) {
        if (mine.after().compareTo(from) > 0) {
          gaps.add(new Stretch(from, mine.after(), false));
        }
        from = mine.to().compareTo(from) > 0 ? mine.to() : from;
      }
      if (upTo.compareTo(from) > 0) {
        gaps.add(new Stretch(from, upTo, true));
      }
      return gaps;
    } finally {
      lock.unlock();
    }
  }
}
