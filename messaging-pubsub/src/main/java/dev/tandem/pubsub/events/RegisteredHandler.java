package dev.tandem.pubsub.events;

import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.LiveMessage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One handler, how it reads payloads, and what it has done. */
final class RegisteredHandler<T> implements Registration {
  private final Serde<T> serde;
  private final EventHandler<? super T> handler;
  private final Consumer<RegisteredHandler<?>> onClose;
  private final LongAdder handled = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final LongAdder unreadable = new LongAdder();
  private volatile @Nullable Throwable lastFailure;
  private volatile boolean closed;

  RegisteredHandler(
      Serde<T> serde, EventHandler<? super T> handler, Consumer<RegisteredHandler<?>> onClose) {
    this.serde = serde;
    this.handler = handler;
    this.onClose = onClose;
  }

  /** What became of a call. */
  enum Outcome {
    HANDLED,
    FAILED,
    UNREADABLE,
    CLOSED
  }

  Outcome call(EventPayload payload, LiveMessage<?> message) {
    if (closed) {
      return Outcome.CLOSED;
    }
    T value;
    try {
      value = payload.as(serde);
    } catch (RuntimeException e) {
      unreadable.increment();
      lastFailure = e;
      return Outcome.UNREADABLE;
    }
    try {
      handler.onEvent(value, message);
    } catch (Throwable e) { // also errors: the other handlers are to be called
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      failures.increment();
      lastFailure = e;
      return Outcome.FAILED;
    }
    handled.increment();
    return Outcome.HANDLED;
  }

  @Nullable Throwable lastFailure() {
    return lastFailure;
  }

  @Override
  public HandlerStats stats() {
    return new HandlerStats(handled.sum(), failures.sum(), unreadable.sum(), lastFailure);
  }

  @Override
  public void close() {
    closed = true;
    onClose.accept(this);
  }

  @Override
  public String toString() {
    return handler.toString();
  }
}
