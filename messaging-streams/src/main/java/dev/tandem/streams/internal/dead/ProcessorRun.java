package dev.tandem.streams.internal.dead;

import com.codahale.metrics.Counter;
import dev.tandem.streams.DeadLetter;
import dev.tandem.streams.DeadLetterDecision;
import dev.tandem.streams.DeadLetterHandler;
import dev.tandem.streams.ProcessedLetters;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run of a processor, letter by letter. Not safe for use by many threads. */
public final class ProcessorRun {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessorRun.class);

  private final DeadStore store;
  private final DeadLetterHandler handler;
  private final Settings settings;
  private final Counter replayedMetric;
  private final Counter discardedMetric;
  private final Pace pace;
  private final String holder = DeadStore.newName();
  private long kept;
  private long discarded;
  private long replayed;
  private long failed;
  private long refused;
  private long overtaken;
  private boolean interrupted;

  /** How a processor works. */
  public record Settings(Duration lease, int replaysPerSecond, int mostReplays, long limit) {}

  /** A run that has not begun. */
  public ProcessorRun(
      DeadStore store,
      DeadLetterHandler handler,
      Settings settings,
      Counter replayedMetric,
      Counter discardedMetric) {
    this.store = store;
    this.handler = handler;
    this.settings = settings;
    this.replayedMetric = replayedMetric;
    this.discardedMetric = discardedMetric;
    this.pace = new Pace(settings.replaysPerSecond());
  }

  /** Goes over the letters that are there now. */
  public ProcessedLetters run() {
    String last = store.newest();
    String from = last == null ? "" : "-";
    long met = 0;
    while (!from.isEmpty() && met < settings.limit() && !isInterrupted()) {
      DeadStore.Claimed claimed = store.claim(holder, settings.lease(), from, String.valueOf(last));
      from = claimed.next();
      DeadLetter letter = claimed.letter();
      if (letter != null) {
        met++;
        carryOut(letter, decide(letter));
      }
    }
    return new ProcessedLetters(
        kept, discarded, replayed, failed, refused, overtaken, !interrupted);
  }

  // An interrupt that comes after the last letter ends nothing.
  private boolean isInterrupted() {
    interrupted |= Thread.currentThread().isInterrupted();
    return interrupted;
  }

  /** The decision, or null if there is none. */
  private @Nullable DeadLetterDecision decide(DeadLetter letter) {
    try {
      return handler.decide(letter);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.debug("the handler was interrupted; {} is kept", letter);
    } catch (Throwable e) { // whatever a handler throws, the others have their turn
      LOG.warn("the handler failed; {} is kept", letter, e);
    }
    return null;
  }

  private void carryOut(DeadLetter letter, @Nullable DeadLetterDecision decision) {
    List<String> id = List.of(letter.id().value());
    if (decision == DeadLetterDecision.DISCARD) {
      count(letter, store.discard(id, holder).get(0), decision);
    } else if (decision == DeadLetterDecision.REPLAY && pace.await(1)) {
      count(letter, store.replay(id, holder, settings.mostReplays()).get(0), decision);
    } else {
      store.release(holder, letter.id().value());
      if (decision == null) {
        failed++;
      } else {
        kept++;
      }
    }
  }

  private void count(DeadLetter letter, Fate fate, DeadLetterDecision decision) {
    switch (fate) {
      case DONE -> {
        if (decision == DeadLetterDecision.DISCARD) {
          discarded++;
          discardedMetric.inc();
        } else {
          replayed++;
          replayedMetric.inc();
        }
      }
      case OVER_LIMIT, WITHOUT_DATA -> {
        store.release(holder, letter.id().value());
        refused++;
      }
      case MISSING, CLAIMED -> overtaken++;
    }
  }
}
