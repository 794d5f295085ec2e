package dev.tandem.pubsub.internal.frame;

/**
 * One try of a publisher's call, as the server tells it from others.
 *
 * <p>Thread safety: immutable.
 *
 * @param publisher a word that no other publisher has
 * @param number the call's; those of one publisher to one channel rise
 * @param after the number of the call that must be the last one executed; 0 for any
 * @param maybeDone whether an earlier try may have been executed
 */
public record PublishTry(String publisher, long number, long after, boolean maybeDone) {}
