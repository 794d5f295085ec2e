package dev.tandem.streams.internal.work;

import java.util.List;
import java.util.concurrent.TimeoutException;

/** The call of a handler with a batch, which is put together when its turn has come. */
final class Several<T> extends Attempt {
  private final BatchHandling<T> handling;
  private final Batcher<T> batcher;
  private volatile HandledBatch<T> batch;

  Several(BatchHandling<T> handling, Batcher<T> batcher) {
    super(batcher.flow());
    this.handling = handling;
    this.batcher = batcher;
    this.batch = handling.batch(this, List.of());
  }

  @Override
  void run(long nowNanos) {
    HandledBatch<T> taken = handling.batch(this, handling.start(batcher.take(), nowNanos));
    batch = taken;
    open();
    handling.run(this, taken, nowNanos);
  }

  @Override
  void fail(TimeoutException overrun) {
    handling.finished(batch, overrun);
  }
}
