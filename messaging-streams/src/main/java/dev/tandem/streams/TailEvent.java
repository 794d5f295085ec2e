package dev.tandem.streams;

/**
 * What a {@link StreamTail} gives: a {@link StreamMessage}, or a {@link StreamGap} where messages
 * are missing.
 *
 * @param <T> the payload's type
 */
public sealed interface TailEvent<T> permits StreamMessage, StreamGap {
  /** The topic that it concerns. */
  String topic();
}
