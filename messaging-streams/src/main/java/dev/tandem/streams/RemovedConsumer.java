package dev.tandem.streams;

/**
 * What became of a consumer that was to be deleted by force.
 *
 * <p>Thread safety: immutable.
 *
 * @param handedOver messages handed to the group's other consumers
 * @param deadLettered messages whose data was gone, now among the dead letters
 */
public record RemovedConsumer(long handedOver, long deadLettered) {}
