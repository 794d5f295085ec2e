package dev.tandem.streams;

/**
 * What one run of a {@link DeadLetterProcessor} did.
 *
 * <p>Thread safety: immutable.
 *
 * @param kept left as they are, as the handler decided
 * @param discarded deleted for good
 * @param replayed delivered to the group again
 * @param failed left as they are, since the handler threw or gave no decision
 * @param refused left as they are although the handler wanted them replayed: they were replayed too
 *     often already, or their data was lost
 * @param overtaken decided about too late: by then the letter was gone, or another processor's
 * @param complete whether the run met all letters that were there when it began and that no other
 *     processor looked at, up to its limit; false if the thread was interrupted
 */
public record ProcessedLetters(
    long kept,
    long discarded,
    long replayed,
    long failed,
    long refused,
    long overtaken,
    boolean complete) {}
