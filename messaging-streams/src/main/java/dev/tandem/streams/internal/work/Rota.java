package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.GroupStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * In which turns a reader of many tenants reads their streams. For the reader's thread.
 *
 * <p>A stream of which a read brought as much as was asked for has more: it is <em>busy</em>. Busy
 * streams are read in turns, each for its share of what may be read ahead, and only when half of
 * that is used up; a part is never theirs while there are others. As long as more of them can be
 * read at once, the next read is asked for before what the last one brought is taken in. All others
 * were empty when last read. Those that had something last are <em>warm</em>, up to {@value
 * #MOST_WARM}: the server wakes the reader with their next entry. The rest is <em>cold</em>: waited
 * for too while nothing else goes on; and after one of them had something, gone through page by
 * page, so that it costs a given time for each of them at most.
 */
final class Rota {
  /** The most streams that are waited for whatever goes on. */
  static final int MOST_WARM = 64;

  private static final Duration COLD_PAGE_TIME = Duration.ofMillis(10);
  private static final int MOST_READ = 512;
  private static final int MOST_OF_ONE = 64;

  /** Where as many may be held, handlers are so fast that it is worth waiting for room. */
  private static final int FAST = 512;

  /** One of so many places is left to streams that are not busy. */
  private static final int RESERVED_PART = 4;

  /** How long busy streams may have to wait for the reader while handlers are slow. */
  private static final Duration GLANCE = Duration.ofMillis(5);

  private static final Duration HELD = Duration.ofMillis(20);
  private static final Duration REFUSED = Duration.ofMillis(200);
  private static final Duration NO_ROOM = Duration.ofMillis(1);

  /** What follows upon a portion. */
  interface Following {
    /** So much has come of what was read. */
    void came(Portion read, Arrived arrived);

    /** The portion to be read next, when so much is not taken in yet; null for none. */
    @Nullable Portion next(Arrived arrived);
  }

  /** How a reader reads. */
  interface Reads {
    /** Reads up to so many entries of each; waits for so long for the first, or not at all. */
    int read(List<GroupStream> streams, int count, Duration wait, GroupReads.Found found);

    /** Reads a portion, without waiting for entries, and then what is to follow upon it. */
    void readOn(Portion first, Following following);

    /** Waits until so much room is there, or anything else to do, for so long at most. */
    void awaitRoom(int enough, Duration most);

    /** Waits until a handler has ended, or anything else is to be done, for so long at most. */
    void awaitEnd(Duration most);
  }

  private final Intake intake;
  private final Reads reads;
  private final Duration longest;
  private final int coldPage;
  private final long coldEachNanos;
  private final Set<GroupStream> known = new LinkedHashSet<>();
  private final Set<GroupStream> busy = new LinkedHashSet<>();
  private final Set<GroupStream> warm = new LinkedHashSet<>();
  private final Set<GroupStream> cold = new LinkedHashSet<>();

  /** How many cold streams in a row had nothing. */
  private int coldEmpty;

  /** The same of warm ones, while there are more of them than there is room. */
  private int warmEmpty;

  private long coldAtNanos = System.nanoTime();
  private long quietAtNanos = System.nanoTime();

  /**
   * A rota without streams.
   *
   * @param longest the longest that a read may wait
   * @param coldEach how much time passes for each cold stream until it is looked at again
   */
  Rota(Intake intake, Reads reads, Duration longest, Duration coldEach) {
    this.intake = intake;
    this.reads = reads;
    this.longest = longest;
    this.coldEachNanos = coldEach.toNanos();
    this.coldPage = (int) Math.max(1, COLD_PAGE_TIME.toNanos() / coldEachNanos);
  }

  /** Those that had something lately. */
  List<GroupStream> lively() {
    List<GroupStream> all = new ArrayList<>(busy);
    all.addAll(warm);
    return all;
  }

  /** These can be read from now on, and no others. */
  void serve(Collection<GroupStream> usable) {
    Set<GroupStream> now = new LinkedHashSet<>(usable);
    if (known.equals(now)) {
      return;
    }
    known.retainAll(now);
    List.of(busy, warm, cold).forEach(set -> set.retainAll(now));
    for (GroupStream stream : now) {
      if (known.add(stream)) {
        (warm.size() < MOST_WARM ? warm : cold).add(stream);
        coldEmpty = 0;
      }
    }
    fillUp();
  }

  private void fillUp() {
    while (warm.size() < MOST_WARM && !cold.isEmpty()) {
      GroupStream first = cold.iterator().next();
      cold.remove(first);
      warm.add(first);
    }
  }

  /** Reads what is due, or waits for it for so long at most. */
  void turn(Duration most) {
    // First, or with room for few only those that have much would ever find any.
    if (!busy.isEmpty() && isQuietDue()) {
      readQuiet(new ArrayList<>(warm), Duration.ZERO);
    }
    boolean readBusy = !busy.isEmpty() && readBusy(most);
    boolean lookThrough = !cold.isEmpty() && (coldEmpty < cold.size() || !busy.isEmpty());
    if (lookThrough && coldAtNanos - System.nanoTime() <= 0) {
      readColdPage();
    }
    if (readBusy) {
      return;
    }
    Duration wait = waitForBusy(most);
    if (lookThrough && busy.isEmpty()) {
      // Not in the server, which is not exact about short times.
      readQuiet(new ArrayList<>(warm), Duration.ZERO);
      Duration left = Duration.ofNanos(Math.max(1, coldAtNanos - System.nanoTime()));
      reads.awaitEnd(left.compareTo(wait) < 0 ? left : wait);
    } else {
      List<GroupStream> quiet = new ArrayList<>(warm);
      if (busy.isEmpty()) {
        quiet.addAll(cold);
      }
      readQuiet(quiet, wait);
    }
  }

  /** For how long warm streams may be waited for, as far as the busy ones go. */
  private Duration waitForBusy(Duration until) {
    Duration wait = until.compareTo(longest) < 0 ? until : longest;
    int seen = 0;
    for (GroupStream stream : busy) {
      if (stream.isReadable()) {
        return GLANCE;
      }
      Duration again = stream.isHeld() ? HELD : REFUSED;
      wait = again.compareTo(wait) < 0 ? again : wait;
      if (++seen > MOST_READ) {
        return wait;
      }
    }
    return wait;
  }

  /** Reads busy streams, for so long at most; false if there was none to be read. */
  private boolean readBusy(Duration most) {
    int limit = intake.limit();
    if (isFast(limit) && intake.room() - reserve(limit) < enough(limit)) {
      reads.awaitRoom(enough(limit) + reserve(limit), NO_ROOM);
    }
    Portion first = portion(Arrived.NOTHING);
    if (first == null) {
      return false;
    }
    reads.readOn(first, new BusyRow(System.nanoTime() + most.toNanos()));
    return true;
  }

  /** Goes on while there is something due, and nothing else to be looked at. */
  private final class BusyRow implements Following {
    private final long untilNanos;

    BusyRow(long untilNanos) {
      this.untilNanos = untilNanos;
    }

    @Override
    public void came(Portion read, Arrived arrived) {
      for (GroupStream stream : read.streams()) {
        busy.remove(stream);
        if (arrived.of(stream) >= read.count()) {
          busy.add(stream);
        } else {
          warmUp(stream);
        }
      }
    }

    @Override
    public @Nullable Portion next(Arrived arrived) {
      boolean isOver = untilNanos - System.nanoTime() <= 0 || isQuietDue();
      return isOver || busy.isEmpty() ? null : portion(arrived);
    }
  }

  /** Whether those that are not busy have not been looked at for a while. */
  private boolean isQuietDue() {
    return !(warm.isEmpty() && cold.isEmpty())
        && System.nanoTime() - quietAtNanos > NO_ROOM.toNanos();
  }

  private int reserve(int limit) {
    return warm.isEmpty() && cold.isEmpty() ? 0 : limit / RESERVED_PART;
  }

  /** For fewer a read is not worth it. */
  private int enough(int limit) {
    return Math.max(1, Math.min((limit - reserve(limit)) / 4, MOST_READ / 2));
  }

  /** What of the busy streams is due, when so much has arrived already; or null. */
  private @Nullable Portion portion(Arrived arrived) {
    int limit = intake.limit();
    int reserve = reserve(limit);
    int room = Math.min(intake.room() - arrived.all() - reserve, MOST_READ);
    if (room < enough(limit)) {
      return null;
    }
    int share = Math.max(1, (limit - reserve) / busy.size());
    // Few streams with much of each: an acknowledgement costs as much for one as for many.
    int most = Math.max(1, room / Math.max(1, share / 2));
    List<GroupStream> due = new ArrayList<>();
    int least = share;
    int seen = 0;
    for (GroupStream stream : busy) {
      int own = intake.roomOf(stream) - arrived.ofTenant(stream);
      int credit = Math.min(own, share - stream.load().open() - arrived.ofTenant(stream));
      boolean isDue = credit >= Math.max(1, share / 2) || (credit > 0 && credit == own);
      if (isDue && stream.isReadable()) {
        due.add(stream);
        least = Math.min(least, credit);
      }
      if (due.size() == most || ++seen >= 2 * MOST_READ) {
        break;
      }
    }
    return due.isEmpty() ? null : new Portion(due, Math.max(1, Math.min(least, room / due.size())));
  }

  private static boolean isFast(int limit) {
    return limit >= FAST;
  }

  private void readColdPage() {
    coldAtNanos = System.nanoTime() + coldPage * coldEachNanos;
    List<GroupStream> page = cold.stream().limit(coldPage).toList();
    page.forEach(cold::remove);
    cold.addAll(page);
    page =
        page.stream().filter(stream -> stream.isReadable() && intake.roomOf(stream) > 0).toList();
    if (!page.isEmpty() && intake.room() > 0) {
      int taken = quietly(page, 1, Duration.ZERO);
      coldEmpty = taken > 0 ? 0 : coldEmpty + coldPage;
    }
  }

  /** Reads streams that were empty. */
  private void readQuiet(List<GroupStream> quiet, Duration wait) {
    lookAtQuiet(quiet, wait);
    quietAtNanos = System.nanoTime(); // not before: a slow round trip is not to leave no time
  }

  private void lookAtQuiet(List<GroupStream> quiet, Duration wait) {
    int room = Math.max(0, intake.room());
    List<GroupStream> open = new ArrayList<>(quiet.size());
    int count = Math.max(1, Math.min(MOST_OF_ONE, room / Math.max(1, quiet.size())));
    for (GroupStream stream : quiet) {
      int own = intake.roomOf(stream);
      if (own == 0 || !stream.isReadable()) {
        toBusy(stream); // whether it has something is not known
      } else {
        open.add(stream);
        count = Math.min(count, own);
      }
    }
    boolean withCold = open.size() > MOST_WARM;
    if (open.isEmpty()) {
      reads.awaitEnd(wait);
    } else if (room == 0) {
      reads.awaitRoom(1, REFUSED.compareTo(wait) < 0 ? REFUSED : wait);
    } else if (room < open.size() && !withCold && warmEmpty < open.size()) {
      List<GroupStream> some = List.copyOf(open.subList(0, room));
      some.forEach(warm::remove);
      warm.addAll(some); // others come first the next time
      warmEmpty = quietly(some, 1, Duration.ZERO) > 0 ? 0 : warmEmpty + some.size();
    } else if (quietly(open, count, wait) > 0) {
      // Only if many come at this very moment is it more than the room.
      warmEmpty = 0;
      if (withCold) {
        coldEmpty = 0;
        coldAtNanos = System.nanoTime() + coldPage * coldEachNanos;
      }
    }
  }

  private int quietly(List<GroupStream> some, int count, Duration wait) {
    return reads.read(
        some,
        count,
        wait,
        (stream, entries) -> {
          if (entries >= count) {
            toBusy(stream);
          } else {
            warmUp(stream);
          }
        });
  }

  private void toBusy(GroupStream stream) {
    warm.remove(stream);
    cold.remove(stream);
    busy.add(stream);
  }

  private void warmUp(GroupStream stream) {
    cold.remove(stream);
    warm.remove(stream);
    warm.add(stream);
    if (warm.size() > MOST_WARM) {
      GroupStream oldest = warm.iterator().next();
      warm.remove(oldest);
      cold.add(oldest);
    }
  }
}
