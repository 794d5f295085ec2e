package dev.tandem.pubsub.request;

import dev.tandem.pubsub.LiveMessage;

/**
 * Answers for one instance. Called on a delivery thread of the live bus, or by the executor given
 * to {@link RequestAllBuilder#executor}.
 *
 * <p>What it throws reaches the asker as an error, by class and message.
 *
 * @param <Q> the question's type
 * @param <A> the answer's type
 */
@FunctionalInterface
public interface RequestHandler<Q, A> {
  /**
   * Answers a question.
   *
   * @param message what came with it: asking instance, time
   * @return the answer; null is an error
   */
  A answer(Q question, LiveMessage<Q> message) throws Exception;
}
