package dev.tandem.streams.internal.produce;

import dev.tandem.redis.command.Command;
import org.jspecify.annotations.Nullable;

/**
 * One try of a lane's call.
 *
 * @param after the number of the lane's call under way before it, 0 if there is none
 */
record Call(Lane lane, Frame frame, long after) {
  /** What is to be sent. */
  Command command(@Nullable Memory memory) {
    return frame.next(memory, lane.newestId(), after);
  }
}
