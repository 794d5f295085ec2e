package dev.tandem.pubsub.request;

/**
 * What a {@link RequestAll} has done so far.
 *
 * <p>Thread safety: immutable.
 *
 * @param asked questions that were asked here
 * @param answers answers and errors that arrived in time
 * @param late those that arrived after their question was settled
 * @param silent instances that were waited for in vain
 * @param handled questions that were answered here, those of this instance included
 * @param failures questions for which the handler failed here, or the answer could not be sent
 * @param outstanding questions that wait for answers now
 */
public record RequestStats(
    long asked,
    long answers,
    long late,
    long silent,
    long handled,
    long failures,
    int outstanding) {}
