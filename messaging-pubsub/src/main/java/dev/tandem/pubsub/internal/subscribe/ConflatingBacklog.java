package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.SlowConsumer;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.internal.log.Origin;
import dev.tandem.pubsub.internal.log.ReceivedFrame;
import dev.tandem.pubsub.internal.log.ReceivedMessages;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps only the newest message of each key, or of each channel, in the order of the channels.
 *
 * <p>What a newer one replaces leaves at once, and the newer one waits in its own, later place. So
 * a subscriber that resumes after any message that it was given finds the newer one still ahead of
 * it. Messages that the subscription does not want replace nothing: they are left out here, and the
 * subscriber's position goes past them with what waits before them.
 *
 * <p>A frame stays in memory as long as one of its messages waits, and counts with all its bytes
 * until then.
 */
final class ConflatingBacklog<T> extends Backlog<T> {
  private final boolean perKey;
  private final Set<Entry<T>> entries = new LinkedHashSet<>();
  private final Map<Mailbox<T>, Map<Subject, Entry<T>>> newest = new HashMap<>();
  private final Map<Mailbox<T>, Entry<T>> last = new HashMap<>();

  ConflatingBacklog(SubscribeOptions options) {
    super(options);
    this.perKey = options.slowConsumerPolicy() == SlowConsumer.NEWEST_PER_KEY;
  }

  /** What a newer message replaces an older one of; a pattern's mailbox has many channels. */
  private record Subject(String channel, @Nullable String key) {}

  /** A frame of which some messages wait, or a gap, or just a place to go past. */
  private static final class Entry<T> {
    final Mailbox<T> mailbox;
    final @Nullable ReceivedFrame frame;
    final Origin origin;
    final BitSet waiting;
    @Nullable Gap gap;
    @Nullable Position seen;

    Entry(Parcel<T> parcel, BitSet waiting) {
      this.mailbox = parcel.mailbox();
      this.frame = waiting.isEmpty() ? null : parcel.frame();
      this.origin = parcel.origin();
      this.waiting = waiting;
      this.gap = parcel.gap();
    }

    long bytes() {
      return frame == null ? 0 : frame.frame().size();
    }
  }

  @Override
  boolean offer(Parcel<T> parcel) {
    ReceivedFrame frame = parcel.frame();
    if (frame == null) {
      return true;
    }
    ReceivedMessages<T> messages = parcel.mailbox().messages(frame);
    BitSet kept = new BitSet(parcel.to());
    Set<Subject> subjects = new HashSet<>();
    int unwanted = 0;
    for (int i = parcel.to() - 1; i >= parcel.from(); i--) {
      LiveMessage<T> message = messages.get(i);
      Subject subject = subjectOf(message);
      if (!parcel.mailbox().selection().isWanted(message)) {
        unwanted++;
      } else if (subject == null || subjects.add(subject)) {
        kept.set(i);
      }
    }
    if (!makesRoom(parcel, kept.cardinality(), subjects)) {
      return false;
    }
    int conflated = parcel.weight() - unwanted - kept.cardinality();
    for (Subject subject : subjects) {
      conflated += replace(parcel.mailbox(), subject);
    }
    parcel.mailbox().counts().leftOut(unwanted, conflated);
    append(parcel, frame, kept, messages);
    return true;
  }

  private @Nullable Subject subjectOf(LiveMessage<T> message) {
    if (!perKey) {
      return new Subject(message.channel(), null);
    }
    String key = message.key();
    return key == null ? null : new Subject(message.channel(), key);
  }

  /**
   * Whether it fits once these are replaced. Where only the newest is kept, one message of each
   * mailbox always does, and one that replaces another.
   */
  private boolean makesRoom(Parcel<T> parcel, int more, Set<Subject> subjects) {
    Map<Subject, Entry<T>> waiting = newest.getOrDefault(parcel.mailbox(), Map.of());
    if (more == 0 || (!perKey && waiting.isEmpty())) {
      return true;
    }
    int replaced = 0;
    long freed = 0;
    IdentityHashMap<Entry<T>, Integer> leaving = new IdentityHashMap<>();
    for (Subject subject : subjects) {
      Entry<T> entry = waiting.get(subject);
      if (entry != null) {
        replaced++;
        if (leaving.merge(entry, 1, Integer::sum) == entry.waiting.cardinality()) {
          freed += entry.bytes();
        }
      }
    }
    return (!perKey && replaced == more) || hasRoom(more - replaced, parcel.bytes() - freed);
  }

  /** Takes the waiting message of this subject out; how many that were. */
  private int replace(Mailbox<T> mailbox, Subject subject) {
    Entry<T> entry = forget(mailbox, subject);
    if (entry == null || entry.frame == null) {
      return 0;
    }
    ReceivedMessages<T> messages = entry.mailbox.messages(entry.frame);
    for (int i = entry.waiting.nextSetBit(0); i >= 0; i = entry.waiting.nextSetBit(i + 1)) {
      if (subject.equals(subjectOf(messages.get(i)))) {
        entry.waiting.clear(i);
        count(-1, 0);
        if (entry.waiting.isEmpty()) {
          remove(entry);
          count(0, -entry.bytes());
        }
        return 1;
      }
    }
    return 0;
  }

  private void append(
      Parcel<T> parcel, ReceivedFrame frame, BitSet kept, ReceivedMessages<T> messages) {
    Mailbox<T> mailbox = parcel.mailbox();
    Position end = mailbox.isPlaced(frame) ? frame.frame().finish() : null;
    Entry<T> before = last.get(mailbox);
    if (kept.isEmpty() && (before != null || end == null)) {
      if (before != null) {
        before.seen = end;
      }
      return;
    }
    Entry<T> entry = new Entry<>(parcel, kept);
    entry.seen = end;
    entries.add(entry);
    last.put(mailbox, entry);
    count(kept.cardinality(), entry.bytes());
    for (int i = kept.nextSetBit(0); i >= 0; i = kept.nextSetBit(i + 1)) {
      Subject subject = subjectOf(messages.get(i));
      if (subject != null) {
        newest.computeIfAbsent(mailbox, any -> new HashMap<>()).put(subject, entry);
      }
    }
  }

  private @Nullable Entry<T> forget(Mailbox<T> mailbox, Subject subject) {
    Map<Subject, Entry<T>> waiting = newest.get(mailbox);
    if (waiting == null) {
      return null;
    }
    Entry<T> entry = waiting.remove(subject);
    if (waiting.isEmpty()) {
      newest.remove(mailbox);
    }
    return entry;
  }

  @Override
  void add(Parcel<T> gap) {
    Entry<T> added = new Entry<>(gap, new BitSet());
    entries.add(added);
    last.put(added.mailbox, added);
    joinGaps(added.mailbox);
  }

  /** Joins the gaps of a channel between which nothing waits any more. */
  private void joinGaps(Mailbox<T> mailbox) {
    Entry<T> before = null;
    for (Entry<T> entry : List.copyOf(entries)) {
      if (entry.mailbox != mailbox) {
        continue;
      }
      if (before != null && entry.waiting.isEmpty()) {
        Gap first = before.gap;
        Gap second = entry.gap;
        entry.gap =
            first == null || second == null
                ? (first == null ? second : first)
                : join(first, second);
        entries.remove(before);
      }
      before = entry.waiting.isEmpty() ? entry : null;
    }
  }

  @Override
  @Nullable Parcel<T> poll() {
    Iterator<Entry<T>> all = entries.iterator();
    if (!all.hasNext()) {
      return null;
    }
    Entry<T> entry = all.next();
    int i = entry.waiting.nextSetBit(0);
    ReceivedFrame frame = entry.frame;
    if (frame == null || i < 0) {
      remove(entry);
      return new Parcel<>(entry.mailbox, null, 0, 0, entry.origin, entry.gap, entry.seen, 0);
    }
    entry.waiting.clear(i);
    Subject subject = subjectOf(entry.mailbox.messages(frame).get(i));
    if (subject != null) {
      forget(entry.mailbox, subject);
    }
    if (!entry.waiting.isEmpty()) {
      return new Parcel<>(entry.mailbox, frame, i, i + 1, entry.origin, null, null, 0);
    }
    remove(entry);
    return new Parcel<>(
        entry.mailbox, frame, i, i + 1, entry.origin, null, entry.seen, entry.bytes());
  }

  private void remove(Entry<T> entry) {
    entries.remove(entry);
    last.remove(entry.mailbox, entry);
  }

  @Override
  void clear() {
    entries.forEach(entry -> count(-entry.waiting.cardinality(), -entry.bytes()));
    entries.clear();
    newest.clear();
    last.clear();
  }
}
