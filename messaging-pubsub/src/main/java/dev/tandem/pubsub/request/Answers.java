package dev.tandem.pubsub.request;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What came of a question, by instance id.
 *
 * <p>Thread safety: immutable, as far as the answers are.
 *
 * @param <A> the answer's type
 * @param answers those who answered, in the order of arrival
 * @param errors those whose handler failed or whose answer could not be read, and why
 * @param silent those who were there when the question was asked and did not answer in time; always
 *     empty without a {@link dev.tandem.pubsub.presence.Presence}
 * @param complete whether all who were known to be there have answered or failed; always false
 *     without a presence
 */
public record Answers<A>(
    Map<String, A> answers, Map<String, String> errors, Set<String> silent, boolean complete) {
  /** Keeps copies. */
  public Answers {
    answers = Collections.unmodifiableMap(new LinkedHashMap<>(answers));
    errors = Collections.unmodifiableMap(new LinkedHashMap<>(errors));
    silent = Collections.unmodifiableSet(new LinkedHashSet<>(silent));
  }
}
