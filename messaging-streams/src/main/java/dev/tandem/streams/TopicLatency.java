package dev.tandem.streams;

/**
 * How long the messages of one topic take in one group, over all tenants and all workers of this
 * process that share the connection; see {@link Latency}.
 *
 * <p>Thread safety: immutable.
 *
 * @param topic the topic's name
 * @param handling one call of the handler, of at most one each millisecond
 * @param endToEnd from the append to the handler's return, by the server's clock; of at most one
 *     call each millisecond, replays left out
 */
public record TopicLatency(String topic, Latency handling, Latency endToEnd) {}
