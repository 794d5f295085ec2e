package dev.tandem.examples.soak;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What is known of every message, by its number. The first few contradictions are kept in words:
 * what was refused but turns up, what is in the stream twice, and a delivery that two handlers got
 * (two live leases).
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Ledger {
  private static final int MOST_CONTRADICTIONS = 20;
  private static final int APPENDED = 1;
  private static final int REFUSED = 2;
  private static final int UNKNOWN = 4;
  private static final int HANDLED = 8;
  private static final int DEAD = 16;

  private final ReentrantLock lock = new ReentrantLock();
  private final List<String> contradictions = new ArrayList<>();
  private byte[] states = new byte[1 << 16];

  /** Which deliveries have begun, a bit each; those beyond 31 are not told apart. */
  private int[] begun = new int[1 << 16];

  /** A hash of the id under which a message was seen; 0 before. */
  private int[] ids = new int[1 << 16];

  private int count;
  private long retries;
  private long redeliveries;
  private long events;

  /** The next number to publish. */
  long issue() {
    lock.lock();
    try {
      if (count == states.length) {
        int more = Math.multiplyExact(count, 2);
        states = Arrays.copyOf(states, more);
        begun = Arrays.copyOf(begun, more);
        ids = Arrays.copyOf(ids, more);
      }
      return count++;
    } finally {
      lock.unlock();
    }
  }

  /** Its producer was told that it is in the stream, under this id. */
  void appended(long number, String id) {
    update(number, APPENDED, () -> sawId(number, id));
  }

  /** Its producer was told that it is not in the stream. */
  void refused(long number) {
    update(number, REFUSED, () -> {});
  }

  /** Its producer was told that nobody knows. */
  void unknown(long number) {
    update(number, UNKNOWN, () -> {});
  }

  /** A worker reports. */
  void accept(WorkerReport report) {
    long number = report.number();
    switch (report.kind()) {
      case BEGUN ->
          update(
              number,
              0,
              () -> {
                sawId(number, report.text());
                begins(number, report.deliveries());
              });
      case HANDLED -> update(number, HANDLED, () -> {});
      case FAILED -> update(number, 0, () -> fails(report.deliveries()));
      case READY, BROKEN -> throw new IllegalArgumentException("not about a message: " + report);
    }
  }

  /** It is among the dead letters. */
  void deadLettered(long number) {
    update(
        number,
        DEAD,
        () -> {
          if ((states[(int) number] & DEAD) != 0) {
            contradict("number " + number + " is among the dead letters twice");
          }
        });
  }

  private void begins(long number, long deliveries) {
    if (deliveries > 1) {
      redeliveries++;
    }
    int bit = 1 << Math.min(31, deliveries);
    if (deliveries < 31 && (begun[(int) number] & bit) != 0) {
      contradict("two handlers got delivery " + deliveries + " of number " + number);
    }
    begun[(int) number] |= bit;
  }

  private void fails(long deliveries) {
    if (deliveries < Scenery.MOST_DELIVERIES) {
      retries++;
    }
  }

  private void sawId(long number, String id) {
    int hash = id.hashCode() == 0 ? 1 : id.hashCode();
    int known = ids[(int) number];
    if (known != 0 && known != hash) {
      contradict("number " + number + " is in the stream twice, also as " + id);
    }
    ids[(int) number] = hash;
  }

  private void update(long number, int state, Runnable check) {
    lock.lock();
    try {
      if (number < 0 || number >= count) {
        contradict("number " + number + " was never published");
        return;
      }
      events++;
      check.run();
      states[(int) number] |= (byte) state;
    } finally {
      lock.unlock();
    }
  }

  private void contradict(String what) {
    if (contradictions.size() < MOST_CONTRADICTIONS) {
      contradictions.add(what);
    }
  }

  /** How many are known to be in the stream and neither handled nor dead-lettered. */
  long unaccounted() {
    return counted(state -> (state & APPENDED) != 0 && (state & (HANDLED | DEAD)) == 0);
  }

  /** What was found so far that must not be. */
  List<String> contradictions() {
    lock.lock();
    try {
      return List.copyOf(contradictions);
    } finally {
      lock.unlock();
    }
  }

  /** Grows with everything that is reported. */
  long progress() {
    lock.lock();
    try {
      return events;
    } finally {
      lock.unlock();
    }
  }

  /** The account when everything is at rest. */
  Account close() {
    lock.lock();
    try {
      for (int number = 0; number < count; number++) {
        if ((states[number] & REFUSED) != 0 && (states[number] & (HANDLED | DEAD)) != 0) {
          contradict("number " + number + " was refused, but is in the stream");
        }
        if ((states[number] & APPENDED) != 0 && (states[number] & (HANDLED | DEAD)) == 0) {
          contradict("number " + number + " is lost");
        }
      }
      return new Account(
          counted(state -> (state & (APPENDED | HANDLED | DEAD)) != 0),
          counted(state -> (state & HANDLED) != 0 && (state & DEAD) == 0),
          retries,
          counted(state -> (state & DEAD) != 0),
          redeliveries,
          unaccounted(),
          List.copyOf(contradictions));
    } finally {
      lock.unlock();
    }
  }

  private long counted(StateTest test) {
    lock.lock();
    try {
      long matching = 0;
      for (int number = 0; number < count; number++) {
        if (test.matches(states[number])) {
          matching++;
        }
      }
      return matching;
    } finally {
      lock.unlock();
    }
  }

  private interface StateTest {
    boolean matches(byte state);
  }
}
