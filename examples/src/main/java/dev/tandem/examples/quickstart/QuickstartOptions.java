package dev.tandem.examples.quickstart;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the user asked for.
 *
 * @param input a file, {@value #STANDARD_INPUT} for standard input, or null for the events that
 *     come with the program
 * @param tenantField the field that names an event's tenant
 * @param typeField the field that names an event's type
 * @param redisUrl the Redis to use, or null to start one
 */
record QuickstartOptions(
    @Nullable String input, String tenantField, String typeField, @Nullable String redisUrl) {
  static final String STANDARD_INPUT = "-";

  /** The Redis to use, if one was given. */
  Optional<String> redis() {
    return Optional.ofNullable(redisUrl);
  }
}
