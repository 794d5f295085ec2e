package dev.tandem.streams;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/**
 * A tenant's named state within a transaction: fields and their values, both text, kept as one hash
 * in Redis. What is read is remembered: the transaction commits only if it is still so. What is
 * written is seen by later reads of the same transaction, and by others once it has committed.
 *
 * <p>Fields are 1 to {@value #MAX_FIELD} characters without controls. Reads take a round trip for
 * fields not read before, and throw {@link dev.tandem.api.error.MessagingException}s.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public interface TransactionState {
  /** The longest field name, in characters: {@value}. */
  int MAX_FIELD = 1_024;

  /** The longest value, in characters: {@value}. */
  int MAX_VALUE = 1 << 20;

  /** The largest number that can be added to a field in one transaction: 10^17. */
  long MOST_INCREMENT = 100_000_000_000_000_000L;

  /** The value of a field, or empty if it has none. */
  Optional<String> get(String field);

  /** The values of those of these fields that have one, read in one round trip. */
  Map<String, String> getAll(Collection<String> fields);

  /**
   * The value of a field as a whole number; 0 if it has none.
   *
   * @throws dev.tandem.api.error.InvalidValueException if it is none
   */
  long getLong(String field);

  /**
   * Gives a field a value, whatever it had.
   *
   * @throws dev.tandem.api.error.InvalidValueException if it is longer than {@value #MAX_VALUE}
   *     characters
   */
  void put(String field, String value);

  /** Gives a field a whole number as its value, whatever it had. */
  default void put(String field, long value) {
    put(field, Long.toString(value));
  }

  /** Removes a field, if it is there. */
  void delete(String field);

  /**
   * Adds to a field that is a whole number, or has none and counts as 0. Unless the field is read
   * as well this conflicts with nobody: many transactions may add to the same field at once.
   *
   * <p>What the field has on the server when the transaction commits must be a whole number of at
   * most 18 characters, sign included and without leading zeros; otherwise the transaction is
   * refused and the delivery has failed.
   *
   * @param by -10^17 to 10^17, what this transaction added to the field before included
   * @throws dev.tandem.api.error.InvalidValueException if it is out of its range, or this
   *     transaction has given the field a value that is no whole number or would overflow
   */
  void increment(String field, long by);
}
