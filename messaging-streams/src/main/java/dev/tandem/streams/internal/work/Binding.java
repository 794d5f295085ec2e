package dev.tandem.streams.internal.work;

import dev.tandem.streams.BatchHandler;
import dev.tandem.streams.StreamHandler;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.group.Membership;
import dev.tandem.streams.internal.transaction.Transactional;
import java.time.Duration;

/** A topic and what handles its messages. */
public sealed interface Binding<T> {
  /** The topic. */
  StreamTopic<T> topic();

  /** How many messages one call of the handler takes at most. */
  int maxSize();

  /** The same for one worker: a transactional handler commits as this member of the group. */
  default Binding<T> joining(Membership member) {
    return this;
  }

  /** Whose messages are handled one by one. */
  record Each<T>(StreamTopic<T> topic, StreamHandler<T> handler) implements Binding<T> {
    @Override
    public int maxSize() {
      return 1;
    }

    @Override
    public Binding<T> joining(Membership member) {
      return handler instanceof Transactional<T> transactional
          ? new Each<>(topic, transactional.joining(member, topic.name()))
          : this;
    }
  }

  /** Whose messages are handled in batches. */
  record Batches<T>(StreamTopic<T> topic, BatchHandler<T> handler, int maxSize, Duration maxWait)
      implements Binding<T> {}
}
