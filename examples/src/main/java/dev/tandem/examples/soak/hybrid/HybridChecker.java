package dev.tandem.examples.soak.hybrid;

import static dev.tandem.examples.soak.hybrid.HybridScenery.PAIRS;
import static dev.tandem.examples.soak.hybrid.HybridScenery.PUBLISHERS;
import static dev.tandem.examples.soak.hybrid.HybridScenery.TENANTS;
import static dev.tandem.examples.soak.hybrid.HybridScenery.WATCHERS;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import dev.tandem.examples.soak.live.Complaints;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds the run to the promise.
 *
 * <p><b>What it knows.</b> Publishers say which number Redis or the disk has, and which was
 * refused; of those whose reply was lost, or whose publisher was killed, nothing is known until
 * they are found. Subscribers say what they were given. In the end the server shows its streams,
 * channels, counts and keys.
 *
 * <p><b>What it can find.</b> A confirmed or spooled number must be in its tenant's stream, once; a
 * refused one must not; any other may be. Each that is there has one receipt, and the count of the
 * transactions is that of the receipts. Streams and channels hold the same in the same order
 * ({@link PairLog}), and each subscriber was given all of it ({@link Watcher}). A message or key
 * that bears another tenant's name than the place where it is crosses tenants.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class HybridChecker {
  private final ReentrantLock lock = new ReentrantLock();
  private final Complaints complaints = new Complaints();
  private final List<Numbers> publishers = new ArrayList<>();
  private final List<PairLog> logs = new ArrayList<>();
  private final List<Watcher> watchers = new ArrayList<>();
  private long halves;
  private long duplicates;
  private long lost;
  private long crossTenant;
  private long events;

  HybridChecker() {
    for (int publisher = 0; publisher < PUBLISHERS; publisher++) {
      publishers.add(new Numbers());
    }
    for (int tenant = 0; tenant < TENANTS.size(); tenant++) {
      for (int pair = 0; pair < PAIRS.size(); pair++) {
        String name = PAIRS.get(pair) + " of " + TENANTS.get(tenant).name();
        logs.add(new PairLog(name, complaints));
        for (int watcher = 0; watcher < WATCHERS; watcher++) {
          watchers.add(new Watcher("subscriber %d of %s".formatted(watcher + 1, name), complaints));
        }
      }
    }
  }

  /** The next number of a publisher. */
  long issue(int publisher) {
    return locked(() -> publishers.get(publisher).issue());
  }

  /** How many numbers a publisher has tried; its next process begins there. */
  long tried(int publisher) {
    return locked(() -> publishers.get(publisher).count());
  }

  /** A publisher's process is about to try this number. */
  void tries(int publisher, long number) {
    locked(() -> publishers.get(publisher).tried(number));
  }

  /** A publisher was told so; a state of {@link Numbers}. */
  void told(int publisher, long number, int state) {
    locked(
        () -> {
          events++;
          publishers.get(publisher).mark(number, state);
        });
  }

  /** A subscriber was given a message. */
  void given(int tenant, int pair, int watcher, String payload, @Nullable Position position) {
    locked(
        () -> {
          events++;
          label(tenant, payload, "given to a subscriber");
          watcher(tenant, pair, watcher).message(position);
        });
  }

  /** A subscriber was told of a gap. */
  void gap(int tenant, int pair, int watcher, Gap gap) {
    locked(() -> watcher(tenant, pair, watcher).gap(gap));
  }

  /** The version that a subscriber was given last. */
  long last(int tenant, int pair, int watcher) {
    return locked(() -> watcher(tenant, pair, watcher).last());
  }

  /** Grows with everything that is reported. */
  long progress() {
    return locked(() -> events);
  }

  /** The server shows the next entry of a stream. */
  void entry(int tenant, int pair, String id, String payload, @Nullable Position position) {
    locked(
        () -> {
          log(tenant, pair).entry(id, position);
          Label label = label(tenant, payload, "in stream " + PAIRS.get(pair));
          if (label == null) {
            return;
          }
          Numbers numbers = publishers.get(label.publisher());
          if (!numbers.has(label.number())) {
            complaints.add("%s is in stream %s, and was never published", label, PAIRS.get(pair));
          } else if (!numbers.mark(
              label.number(), pair == 0 ? Numbers.IN_STREAM : Numbers.HANDLED)) {
            duplicates++;
            complaints.add("%s is in stream %s twice, also as %s", label, PAIRS.get(pair), id);
          }
        });
  }

  /** The server shows the next stored message of a channel; after all entries of its stream. */
  void stored(int tenant, int pair, long version, String id, String payload) {
    locked(
        () -> {
          label(tenant, payload, "on channel " + PAIRS.get(pair).channel().name());
          log(tenant, pair).stored(version, id);
        });
  }

  /** The server says where a channel stands; after everything of it was shown. */
  void top(int tenant, int pair, long version) {
    locked(
        () -> {
          log(tenant, pair).top(version);
          for (int watcher = 0; watcher < WATCHERS; watcher++) {
            watcher(tenant, pair, watcher).end(version);
          }
        });
  }

  /** The server says what a tenant's transactions have counted; after all entries. */
  void counted(int tenant, long handled) {
    locked(
        () -> {
          long receipts = log(tenant, PAIRS.indexOf(HybridScenery.RECEIPTS)).entries();
          if (handled != receipts) {
            halves += Math.abs(handled - receipts);
            complaints.add(
                "%s: transactions have counted %d, but made %d receipts",
                TENANTS.get(tenant).name(), handled, receipts);
          }
        });
  }

  /** The server has a key of no tenant. */
  void strangeKey(String key) {
    locked(
        () -> {
          crossTenant++;
          complaints.add("%s is a key of no tenant", key);
        });
  }

  /** The verdict when the server has shown everything. */
  HybridVerdict judge() {
    return locked(
        () -> {
          long published = logs.stream().mapToLong(PairLog::entries).sum();
          long spooled = 0;
          long replayed = 0;
          for (int publisher = 0; publisher < PUBLISHERS; publisher++) {
            Numbers numbers = publishers.get(publisher);
            for (int number = 0; number < numbers.count(); number++) {
              boolean inStream = numbers.is(number, Numbers.IN_STREAM);
              published += isMissing(Label.of(publisher, number), numbers) ? 1 : 0;
              spooled += numbers.is(number, Numbers.SPOOLED) ? 1 : 0;
              replayed += inStream && numbers.is(number, Numbers.SPOOLED) ? 1 : 0;
            }
          }
          return new HybridVerdict(
              published,
              logs.stream().mapToLong(PairLog::entries).sum(),
              logs.stream().mapToLong(PairLog::top).sum(),
              halves + logs.stream().mapToLong(PairLog::halves).sum(),
              duplicates + watchers.stream().mapToLong(Watcher::duplicates).sum(),
              spooled,
              replayed,
              lost + watchers.stream().mapToLong(Watcher::lost).sum(),
              crossTenant,
              complaints.list());
        });
  }

  /** Whether it should be in the stream and is not; finds the rest that is wrong with it, too. */
  private boolean isMissing(Label label, Numbers numbers) {
    long number = label.number();
    boolean inStream = numbers.is(number, Numbers.IN_STREAM);
    if (inStream && numbers.is(number, Numbers.REFUSED)) {
      complaints.add("%s was refused, but is in the stream", label);
    }
    if (inStream != numbers.is(number, Numbers.HANDLED)) {
      lost++;
      complaints.add("%s is %s", label, inStream ? "not handled" : "handled, but not there");
    }
    boolean missing =
        !inStream && (numbers.is(number, Numbers.CONFIRMED) || numbers.is(number, Numbers.SPOOLED));
    if (missing) {
      lost++;
      complaints.add("%s was published, but is not in the stream", label);
    }
    return missing;
  }

  /** What the payload says; null if that is not this tenant's. */
  private @Nullable Label label(int tenant, String payload, String where) {
    Label label = Label.parse(payload);
    if (label == null || label.tenant() != tenant) {
      crossTenant++;
      complaints.add("'%s' is %s of %s", payload, where, TENANTS.get(tenant).name());
      return null;
    }
    return label;
  }

  private PairLog log(int tenant, int pair) {
    return logs.get(tenant * PAIRS.size() + pair);
  }

  private Watcher watcher(int tenant, int pair, int watcher) {
    return watchers.get((tenant * PAIRS.size() + pair) * WATCHERS + watcher);
  }

  private void locked(Runnable action) {
    locked(
        () -> {
          action.run();
          return true;
        });
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
