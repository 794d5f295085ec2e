package dev.tandem.streams.internal.work;

import dev.tandem.streams.StreamHandler;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.group.Membership;
import dev.tandem.streams.internal.transaction.Transactional;

/** A topic and what handles its messages. */
public record Binding<T>(StreamTopic<T> topic, StreamHandler<T> handler) {
  /** The same for one worker: a transactional handler commits as this member of the group. */
  Binding<T> joining(Membership member) {
    return handler instanceof Transactional<T> transactional
        ? new Binding<>(topic, transactional.joining(member, topic.name()))
        : this;
  }
}
