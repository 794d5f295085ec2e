package dev.tandem.api;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Small named texts that travel beside a payload: trace ids, user and organisation, content hints.
 *
 * <p>At most {@value #MAX_COUNT} headers; names of 1 to {@value #MAX_NAME} characters, values of up
 * to {@value #MAX_VALUE}, both free of control characters. Names that begin with {@value #RESERVED}
 * belong to Tandem and are refused from callers. Iteration keeps the order of insertion.
 *
 * <p>Thread safety: immutable.
 */
public final class Headers {
  /** The most headers a message may carry. */
  public static final int MAX_COUNT = 64;

  /** The longest header name, in characters. */
  public static final int MAX_NAME = 128;

  /** The longest header value, in characters. */
  public static final int MAX_VALUE = 8_192;

  /** What the names of Tandem's own headers begin with. */
  public static final String RESERVED = "tandem-";

  private static final Headers NONE = new Headers(Map.of());

  private final Map<String, String> entries;

  private Headers(Map<String, String> entries) {
    this.entries = entries;
  }

  /** No headers. */
  public static Headers none() {
    return NONE;
  }

  /**
   * Headers with these entries, in the map's order.
   *
   * @throws InvalidValueException if there are too many, or one breaks its rule; values are not
   *     shown
   */
  public static Headers of(Map<String, String> entries) {
    if (Require.notNull("headers", entries).isEmpty()) {
      return NONE;
    }
    LinkedHashMap<String, String> copy = new LinkedHashMap<>();
    entries.forEach(
        (name, value) -> {
          check(name, value);
          copy.put(name, value);
        });
    return sized(copy);
  }

  /**
   * Headers as they were received, reserved names included. Nothing is refused: what another
   * program wrote must stay readable.
   */
  public static Headers received(Map<String, String> entries) {
    return entries.isEmpty()
        ? NONE
        : new Headers(Collections.unmodifiableMap(new LinkedHashMap<>(entries)));
  }

  /**
   * These headers with one more, or with its value replaced in its place.
   *
   * @throws InvalidValueException if there are too many, or it breaks its rule; the value is not
   *     shown
   */
  public Headers with(String name, String value) {
    check(name, value);
    LinkedHashMap<String, String> copy = new LinkedHashMap<>(entries);
    copy.put(name, value);
    return sized(copy);
  }

  Headers withoutReserved() {
    if (entries.keySet().stream().noneMatch(name -> name.startsWith(RESERVED))) {
      return this;
    }
    LinkedHashMap<String, String> copy = new LinkedHashMap<>(entries);
    copy.keySet().removeIf(name -> name.startsWith(RESERVED));
    return received(copy);
  }

  /** The value of a header, if it is there. Names are case-sensitive. */
  public Optional<String> get(String name) {
    return Optional.ofNullable(entries.get(name));
  }

  /** Whether there are none. */
  public boolean isEmpty() {
    return entries.isEmpty();
  }

  /** How many there are. */
  public int size() {
    return entries.size();
  }

  /** Calls {@code action} with each name and value, in order, on the calling thread. */
  public void forEach(BiConsumer<String, String> action) {
    entries.forEach(action);
  }

  /** An unmodifiable view, in order. */
  public Map<String, String> asMap() {
    return entries;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Headers headers && entries.equals(headers.entries);
  }

  @Override
  public int hashCode() {
    return entries.hashCode();
  }

  /** Names only: values may be personal. */
  @Override
  public String toString() {
    return "Headers" + entries.keySet();
  }

  private static Headers sized(Map<String, String> copy) {
    if (copy.size() > MAX_COUNT) {
      throw new InvalidValueException(
          "number of headers", copy.size(), "must be at most " + MAX_COUNT);
    }
    return new Headers(Collections.unmodifiableMap(copy));
  }

  private static void check(String name, String value) {
    Require.text("header name", name, 1, MAX_NAME);
    Require.secretText("value of header " + name, value, 0, MAX_VALUE);
    if (name.startsWith(RESERVED)) {
      throw new InvalidValueException(
          "header name", name, "names that begin with '" + RESERVED + "' are reserved");
    }
  }
}
