package dev.tandem.pubsub.internal.publish;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What goes to the server as one script call, and how far that has come. It stays the same until
 * its outcome is known.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
abstract class Call {
  private long number;
  private boolean underWay;
  private boolean maybeDone;
  private boolean settled;
  private int failedTries;
  private long failedRound;
  private long dueNanos = System.nanoTime();
  private @Nullable MessagingException trouble;

  /** What a reply says. */
  enum Outcome {
    /** Published, now or by an earlier try; {@link #complete} tells the callers. */
    DONE,
    /** A later call was executed, so this one will never be. */
    OVERTAKEN,
    /** The call before it was not executed, so this one was not either. */
    OUT_OF_ORDER
  }

  /** The channels that it publishes to. */
  abstract List<RedisKey> channels();

  /** What it carries, in the callers' order. */
  abstract List<OutgoingFrame> frames();

  /** What was handed over, oldest first. */
  abstract List<? extends Outgoing> entries();

  /** Whether the server knows it again, so that it may be sent again whatever became of it. */
  abstract boolean isRemembered();

  /** Whether it may go behind others of its channel before their replies are there. */
  abstract boolean mayFollow();

  /** What is to be sent. */
  abstract Command command(Sender sender, long after);

  /** Reads a reply; throws the exception that stands in its place. */
  abstract Outcome read(@Nullable Object reply);

  /** Tells where its channels' logs stand now, by what {@link #read} found. */
  abstract void teach(Foresight foresight, Lanes lanes);

  /** Gives the callers what {@link #read} found. */
  abstract void complete();

  final int bytes() {
    return frames().stream().mapToInt(OutgoingFrame::bytes).sum();
  }

  final int messages() {
    return frames().stream().mapToInt(frame -> frame.messages().size()).sum();
  }

  /** Whether it was ever sent, or about to be: it stays as it is from then on. */
  final boolean isSent() {
    return number > 0;
  }

  /** Its number; set when it is sent first. */
  final long number() {
    return number;
  }

  final void number(long given) {
    number = given;
  }

  /** Whether it was sent, and what became of that is not known yet. */
  final boolean isUnderWay() {
    return underWay;
  }

  final void underWay() {
    underWay = true;
  }

  /** It was answered, or its turn was taken back. */
  final void notUnderWay() {
    underWay = false;
  }

  final boolean maybeDone() {
    return maybeDone;
  }

  final void replyLost() {
    maybeDone = true;
  }

  final boolean isSettled() {
    return settled;
  }

  final void settled() {
    settled = true;
  }

  final boolean isDue(long nowNanos) {
    return dueNanos - nowNanos <= 0;
  }

  final long dueNanos() {
    return dueNanos;
  }

  final void dueAt(long nanos) {
    dueNanos = nanos;
  }

  /** A round failed in which this was sent or waited; each round counts once. */
  final void roundFailed(long round) {
    if (failedRound != round) {
      failedRound = round;
      failedTries++;
    }
  }

  /** Its channel has moved on: what was not sent yet has all its tries ahead. */
  final void beginAnew() {
    if (!isSent()) {
      failedTries = 0;
    }
  }

  /** In how many rounds it failed, or waited behind one that did. */
  final int failedTries() {
    return failedTries;
  }

  /** Why it was not published so far, or null. */
  final @Nullable MessagingException trouble() {
    return trouble;
  }

  final void trouble(MessagingException why) {
    trouble = why;
  }

  final void fail(RuntimeException why) {
    entries().forEach(entry -> entry.failed(why));
  }
}
