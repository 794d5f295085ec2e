package dev.tandem.streams.internal.work;

import dev.tandem.streams.BatchHandler;
import dev.tandem.streams.StreamHandler;
import dev.tandem.streams.StreamTopic;
import java.time.Duration;

/** A topic and what handles its messages. */
public sealed interface Binding<T> {
  /** The topic. */
  StreamTopic<T> topic();

  /** How many messages one call of the handler takes at most. */
  int maxSize();

  /** Whose messages are handled one by one. */
  record Each<T>(StreamTopic<T> topic, StreamHandler<T> handler) implements Binding<T> {
    @Override
    public int maxSize() {
      return 1;
    }
  }

  /** Whose messages are handled in batches. */
  record Batches<T>(StreamTopic<T> topic, BatchHandler<T> handler, int maxSize, Duration maxWait)
      implements Binding<T> {}
}
