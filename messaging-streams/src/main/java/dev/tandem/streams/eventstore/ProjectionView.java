package dev.tandem.streams.eventstore;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the view that a projection keeps in Redis. Calls block for a round trip and throw {@link
 * dev.tandem.api.error.MessagingException}s.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public interface ProjectionView {
  /** The most fields that one call reads. */
  int MOST_FIELDS = 1_000;

  /** The value of a field, if it is there. */
  Optional<String> get(String field);

  /**
   * The values of these fields, as they were at one moment; those that are not there are left out.
   *
   * @param fields up to {@value #MOST_FIELDS}
   */
  Map<String, String> get(Collection<String> fields);

  /** How many fields there are. */
  long size();
}
