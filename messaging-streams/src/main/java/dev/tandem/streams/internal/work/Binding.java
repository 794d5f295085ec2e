package dev.tandem.streams.internal.work;

import dev.tandem.streams.StreamHandler;
import dev.tandem.streams.StreamTopic;

/** A topic and what handles its messages. */
public record Binding<T>(StreamTopic<T> topic, StreamHandler<T> handler) {}
