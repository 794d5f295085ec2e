package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.ClaimCommands;
import dev.tandem.streams.internal.group.GroupStream;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes entries whose retry is due. */
final class Promoter {
  private static final Logger LOG = LoggerFactory.getLogger(Promoter.class);

  private final Shared shared;
  private final Intake intake;

  Promoter(Shared shared, Intake intake) {
    this.shared = shared;
    this.intake = intake;
  }

  /**
   * What came of it.
   *
   * @param nextNanos in how many nanoseconds more is due, or -1
   * @param starved whether there was no room for what is due
   */
  record Result(long nextNanos, boolean starved) {}

  /** Takes what is due, as far as there is room. */
  Result promote(GroupStream stream) {
    int room = intake.extraRoom(stream);
    if (room == 0) {
      return new Result(-1, true);
    }
    ClaimCommands.Promoted promoted =
        intake.exclusively(
            () -> {
              long sent = System.nanoTime();
              ClaimCommands.Promoted some =
                  shared.claims().promote(shared.redis().commands(), stream, room);
              intake.admit(stream, some.taken(), sent);
              return some;
            });
    shared.standing().proven();
    if (promoted.otherGroup()) {
      shared.standing().groupMissing(stream);
      return new Result(-1, false);
    }
    if (!promoted.failure().isEmpty()) {
      LOG.warn(
          "{}: a dead letter could not be written, will be tried again: {}",
          stream,
          promoted.failure());
      return new Result(-1, false);
    }
    boolean full = promoted.nextDueMillis() == 0 && intake.extraRoom(stream) == 0;
    return full || promoted.nextDueMillis() < 0
        ? new Result(-1, full)
        : new Result(TimeUnit.MILLISECONDS.toNanos(promoted.nextDueMillis()), false);
  }
}
