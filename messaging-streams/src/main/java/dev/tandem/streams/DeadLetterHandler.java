package dev.tandem.streams;

/**
 * Decides what becomes of a dead letter.
 *
 * <p>Called on the thread that runs the {@link DeadLetterProcessor}, one letter at a time. May
 * block, for less than the processor's lease. A letter may be given to a handler again, by a later
 * run or because a decision could not be carried out, so that what a handler does beside deciding
 * should be harmless to repeat.
 */
@FunctionalInterface
public interface DeadLetterHandler {
  /**
   * Decides about one dead letter.
   *
   * @throws Exception to keep it; the run goes on with the next
   */
  DeadLetterDecision decide(DeadLetter letter) throws Exception;
}
