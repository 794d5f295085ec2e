package dev.tandem.streams.internal.produce;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.batch.Kept;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Pipeline;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Entries appended by an XADD each. While the server works at a large batch the next one is
 * written, so that under load it never waits for this side.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class Appends {
  private static final Logger LOG = LoggerFactory.getLogger(Appends.class);

  /** A batch as large as this has more coming behind it. */
  private static final int LARGE = 256;

  private final Pipeline pipeline;
  private final Outcomes outcomes;
  private final ArrayDeque<Batch> unsettled = new ArrayDeque<>();

  Appends(Pipeline pipeline, Outcomes outcomes) {
    this.pipeline = pipeline;
    this.outcomes = outcomes;
  }

  /** Sends a batch; settles the one before it, and this one too unless it is large. */
  void send(List<Outgoing> batch) {
    if (!pipeline.isReady()) {
      settleAll();
    }
    List<Command> commands = new ArrayList<>(batch.size());
    batch.forEach(entry -> commands.add(entry.append()));
    outcomes.batch(batch.size());
    unsettled.add(new Batch(batch, System.nanoTime()));
    try {
      pipeline.write(commands);
    } catch (Throwable e) { // also errors: futures that hang for ever would be worse
      unsettled.removeLast();
      failed(batch, e);
    }
    while (unsettled.size() > (batch.size() < LARGE ? 0 : 1)) {
      settleOldest();
    }
  }

  /** Waits for what was sent. */
  void settleAll() {
    while (!unsettled.isEmpty()) {
      settleOldest();
    }
  }

  private void settleOldest() {
    Batch batch = unsettled.remove();
    try {
      List<@Nullable Object> replies = pipeline.read();
      outcomes.batchTook(System.nanoTime() - batch.startNanos());
      outcomes.answered(batch.entries(), replies);
    } catch (Throwable e) { // as above
      failed(batch.entries(), e);
    }
  }

  private void failed(List<Outgoing> entries, Throwable error) {
    LOG.error("a producer failed", error);
    MessagingException why =
        new MessagingException(ErrorCode.SERVER_ERROR, false, "a producer failed: " + error, error);
    entries.forEach(entry -> outcomes.failed(entry, why));
  }

  boolean isEmpty() {
    return unsettled.isEmpty();
  }

  /** What was sent and is not settled: to be settled when nothing else is to be done. */
  Kept kept() {
    if (unsettled.isEmpty()) {
      return Kept.NOTHING;
    }
    int entries = 0;
    long bytes = 0;
    for (Batch batch : unsettled) {
      entries += batch.entries().size();
      for (Outgoing entry : batch.entries()) {
        bytes += entry.bytes();
      }
    }
    Batch oldest = unsettled.element();
    return new Kept(entries, bytes, oldest.entries().get(0).number(), oldest.startNanos());
  }

  private record Batch(List<Outgoing> entries, long startNanos) {}
}
