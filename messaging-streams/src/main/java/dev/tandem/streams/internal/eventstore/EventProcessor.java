package dev.tandem.streams.internal.eventstore;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.streams.eventstore.FailureAction;
import dev.tandem.streams.eventstore.ProjectionContext;
import dev.tandem.streams.eventstore.ProjectionView;
import dev.tandem.streams.eventstore.RecordedEvent;
import dev.tandem.streams.eventstore.ViewUpdate;
import dev.tandem.streams.internal.entry.DeadLetterFormat;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets a projection past one event after the other: handles it, moves the position. For one thread.
 *
 * @param <T> the events' payload type
 */
final class EventProcessor<T> {
  private static final Logger LOG = LoggerFactory.getLogger(EventProcessor.class);
  private static final RetryPolicy TROUBLE =
      RetryPolicy.exponential(Duration.ofMillis(50), Duration.ofSeconds(5));
  private static final int LISTED_FULL = 2;

  private final ProjectionSettings<T> settings;
  private final ProjectionState state;
  private final ProjectionCounters counters;
  private final ProjectionView view;
  private final Standing standing;

  EventProcessor(
      ProjectionSettings<T> settings,
      ProjectionState state,
      ProjectionCounters counters,
      Standing standing) {
    this.settings = settings;
    this.state = state;
    this.counters = counters;
    this.standing = standing;
    this.view = new HashView(settings.place().redis(), settings.keys().view());
  }

  /** What cannot be got past. */
  static final class Stuck extends Exception {
    private static final long serialVersionUID = 1L;

    private final Throwable error;

    Stuck(Throwable error) {
      super(error);
      this.error = error;
    }

    /** The error as it is written down. */
    String describe() {
      return EventProcessor.describe(error);
    }
  }

  /** One try of something that may fail. */
  private interface Try<R> {
    R run(int attempt) throws Exception;
  }

  /** Calls the handler's beginning. */
  void begin(Tenure tenure) throws Stuck, LeaseLost, InterruptedException {
    insist(
        tenure,
        attempt -> {
          settings.work().begin(context(tenure, attempt));
          return true;
        });
  }

  /** Gets past an event. */
  void process(Tenure tenure, EntryId before, RawEntry entry)
      throws Stuck, LeaseLost, InterruptedException {
    try {
      insist(
          tenure,
          attempt -> {
            RecordedEvent<T> event = EventFormat.ofCategory(settings.place(), entry);
            ViewUpdate update =
                counters.handleTime.time(
                    () -> settings.work().handle(event, context(tenure, attempt)));
            if (!state.commit(settings.holder(), before, entry.id(), update)) {
              throw new LeaseLost();
            }
            return true;
          });
      counters.handled.add(1);
    } catch (Stuck stuck) {
      if (settings.onFailure() != FailureAction.SKIP) {
        throw stuck;
      }
      skip(tenure, before, entry, stuck);
    }
  }

  private void skip(Tenure tenure, EntryId before, RawEntry entry, Stuck stuck)
      throws Stuck, LeaseLost, InterruptedException {
    EventFormat.Origin origin = EventFormat.origin(entry);
    String error = stuck.describe();
    long outcome =
        insist(
            tenure,
            attempt ->
                state.skip(
                    settings.holder(), before, entry.id(), origin, error, settings.mostSkipped()));
    if (outcome == 0) {
      throw new LeaseLost();
    }
    if (outcome == LISTED_FULL) {
      LOG.warn("{}: too many events are skipped already", settings.describe());
      throw stuck;
    }
    counters.skipped.add(1);
    LOG.warn("{}: skipped {}: {}", settings.describe(), entry.id(), error);
  }

  /** Tries until it succeeds or is given up; what is only trouble does not count. */
  private <R> R insist(Tenure tenure, Try<R> work) throws Stuck, LeaseLost, InterruptedException {
    int attempts = 1;
    int troubles = 0;
    while (true) {
      if (tenure.isLost()) {
        throw new LeaseLost();
      }
      try {
        R result = work.run(attempts);
        standing.recovered();
        return result;
      } catch (LeaseLost e) {
        throw e;
      } catch (Throwable error) {
        if (standing.isStopped()) {
          throw new InterruptedException();
        }
        Duration delay;
        if (isTrouble(error)) {
          standing.troubled(error);
          delay = TROUBLE.delayAfter(++troubles, settings.random());
        } else {
          delay = delayAfterFailure(error, attempts++);
        }
        standing.pause(delay);
        if (standing.isStopped()) {
          throw new InterruptedException();
        }
      } finally {
        Thread.interrupted(); // what a handler left behind concerns nobody else
      }
    }
  }

  private Duration delayAfterFailure(Throwable error, int attempts) throws Stuck {
    counters.failed.add(1);
    boolean again = false;
    try {
      again = !(error instanceof SerdeException) && settings.retry().allowsRetry(error, attempts);
    } catch (Error e) {
      LOG.warn("{}: the retry policy failed", settings.describe(), e);
    }
    if (!again) {
      throw new Stuck(error);
    }
    LOG.info("{}: attempt {} failed: {}", settings.describe(), attempts, describe(error));
    return settings.retry().delayAfter(attempts, settings.random());
  }

  private static boolean isTrouble(Throwable error) {
    return error instanceof MessagingException e
        && !(e instanceof InvalidValueException)
        && (e.retryable() || e.code() == ErrorCode.OUTCOME_UNKNOWN);
  }

  private static String describe(Throwable error) {
    try {
      return DeadLetterFormat.describe(error);
    } catch (RuntimeException | Error e) {
      return error.getClass().getName();
    }
  }

  private ProjectionContext context(Tenure tenure, int attempt) {
    return new Context(tenure, attempt, view);
  }

  private record Context(Tenure tenure, int attempt, ProjectionView view)
      implements ProjectionContext {
    @Override
    public long token() {
      return tenure.token();
    }

    @Override
    public boolean isLost() {
      return tenure.isLost();
    }
  }
}
