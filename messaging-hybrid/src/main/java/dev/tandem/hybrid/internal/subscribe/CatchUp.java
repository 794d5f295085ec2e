package dev.tandem.hybrid.internal.subscribe;

import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.streams.internal.entry.EntryId;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of the way on the stream, page by page: until its end, or until something is missing
 * that the channel may have.
 *
 * <p><b>Why this ends in the truth.</b> A gap is told only where both sides have refused the same
 * place. The channel is asked first (that is why there is a catch-up), and what it said is kept; if
 * the stream has a hole further on, the channel is asked once more, unless what it said covers that
 * place too. Each time round either a message is passed on, or a gap is told, or nothing is
 * missing. While the stream is read the buffer may be trimmed: then the channel refuses again, and
 * what was published meanwhile is in the stream.
 */
final class CatchUp<T> implements JourneySteps<T> {
  private static final int FIRST_PAGE = 64;
  private static final long PAGE_BYTES = 1 << 20;

  private final Course<T> course;
  private final StreamSide<T> stream;
  private final Journey<T> journey;
  private final @Nullable EntryId after;
  private @Nullable EntryId next;
  private @Nullable Position head;
  private @Nullable Leave leave;
  private int count = FIRST_PAGE;

  /**
   * A catch-up that has not begun.
   *
   * @param from the id to begin at; null to look for the place where the course stands
   * @param after the id that the subscriber has, if its position is not known
   */
  CatchUp(
      Course<T> course,
      StreamSide<T> stream,
      Journey<T> journey,
      @Nullable EntryId from,
      @Nullable EntryId after) {
    this.course = course;
    this.stream = stream;
    this.journey = journey;
    this.next = from;
    this.after = after;
    stream.lookAnew();
  }

  @Override
  public Journey<T> journey() {
    return journey;
  }

  @Override
  public boolean step() {
    if (leave == null) {
      leave = read();
    }
    if (leave != null) {
      journey.goLiveFrom(leave.at());
    }
    return leave == null;
  }

  /** The channel is to go on, after this. */
  private record Leave(Position at) {}

  private @Nullable Leave read() {
    EntryId from = next;
    if (from == null) {
      Place place = Objects.requireNonNull(course.place(), "begun");
      from = new Finder(stream).find(place.at(), place.id());
      if (from == null) {
        return lost(place.at(), refusal().reason());
      }
      next = from;
    }
    EntryPage page = stream.page(from, count);
    if (after != null && course.at() == null && !stream.isWholeBehind(after)) {
      course.doubt(); // trimmed while we came here
    }
    Instant now = mayExpire(page) ? stream.serverTime() : Instant.MIN;
    for (ChannelEntry entry : page.entries()) {
      Leave here = isOver() ? null : take(entry, now);
      if (here != null) {
        return here;
      }
    }
    if (!page.last().equals(EntryId.NONE)) {
      next = page.last().next();
      long ofThisSize = count * PAGE_BYTES / Math.max(1, page.bytes());
      count = (int) Math.max(1, Math.min(StreamSide.PAGE, ofThisSize));
    }
    return page.atEnd() && !isOver() ? atEnd() : null;
  }

  private boolean mayExpire(EntryPage page) {
    return page.entries().stream().anyMatch(entry -> stream.message(entry).ttlMillis() > 0);
  }

  private @Nullable Leave take(ChannelEntry entry, Instant now) {
    Position at = course.at();
    if (at == null) {
      pass(entry, now);
      return null;
    }
    switch (Fit.of(at, course.isProven(), course.refusal(), entry.at())) {
      case HERE -> course.prove(entry);
      case SEEN -> {}
      case NEXT -> pass(entry, now);
      case HOLE -> {
        return hole(at, entry, now);
      }
      case CONTRADICTION -> {
        return holds(at) ? lost(at, GapReason.ROLLED_BACK) : new Leave(at);
      }
    }
    return null;
  }

  private void pass(ChannelEntry entry, Instant now) {
    StreamedMessage<T> message = stream.message(entry);
    course.streamed(message, entry, message.isExpiredAt(now));
  }

  /** What comes before this entry is not in the stream. */
  private @Nullable Leave hole(Position at, ChannelEntry entry, Instant now) {
    if (!holds(at)) {
      return new Leave(at);
    }
    Position before = Place.before(entry.at());
    boolean sameLog = at.epoch().equals(before.epoch());
    GapReason reason = sameLog ? GapReason.TRIMMED : GapReason.EPOCH_CHANGED;
    Position offered = refusal().resumesAt();
    if (offered.epoch().equals(before.epoch())
        && offered.version() < before.version()
        && !(sameLog && offered.version() <= at.version())) {
      return lost(at, reason); // the buffer has more of it
    }
    course.gap(before, reason);
    pass(entry, now);
    return null;
  }

  private @Nullable Leave atEnd() {
    Position at = course.at();
    if (at == null) {
      return atEndOfNothing();
    }
    Refusal last = course.refusal();
    if (last == null || !last.at().equals(at)) {
      return new Leave(at); // it may know better now
    }
    if (course.isProven() && refusal().isNewLogAfter(at)) {
      Position begin = refusal().resumesAt();
      course.followsInto(begin);
      return new Leave(begin);
    }
    return lost(at, refusal().reason());
  }

  /** Takes the channel's head, then looks once more: what comes later, the channel will tell. */
  private @Nullable Leave atEndOfNothing() {
    Position before = head;
    if (before == null) {
      head = journey.head();
      return null;
    }
    if (course.isDoubtful()) {
      course.gap(before, GapReason.TRIMMED);
    }
    course.beginAt(Place.of(before));
    return new Leave(before);
  }

  private boolean holds(Position at) {
    Refusal refusal = course.refusal();
    return refusal != null && refusal.holdsFor(at);
  }

  private Refusal refusal() {
    return Objects.requireNonNull(course.refusal(), "refused");
  }

  /** Neither side has what comes next: goes on where the channel does. */
  private Leave lost(Position at, GapReason reason) {
    Refusal refusal = refusal();
    if (!refusal.holdsFor(at)) {
      return new Leave(at);
    }
    course.gap(refusal.resumesAt(), reason);
    return new Leave(refusal.resumesAt());
  }

  @Override
  public String toString() {
    return "catching up from the stream for " + journey;
  }
}
