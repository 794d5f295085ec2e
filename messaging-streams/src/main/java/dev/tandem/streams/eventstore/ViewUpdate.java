package dev.tandem.streams.eventstore;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Changes of the fields of a projection's view. Each field is changed once: a later change of the
 * same field takes the place of the earlier, except that additions add up, and that nothing can be
 * added to what the same update sets or removes.
 *
 * <p>Thread safety: immutable.
 */
public final class ViewUpdate {
  /** The most fields that one update changes: {@value}. */
  public static final int MOST_FIELDS = 1_000;

  /** The longest name of a field, in characters: {@value}. */
  public static final int MAX_FIELD = 1_024;

  /** The longest value, in characters: 1 Mi. */
  public static final int MAX_VALUE = 1 << 20;

  /** The most that is added at a time: 10<sup>15</sup>. */
  public static final long MOST_ADDED = 1_000_000_000_000_000L;

  private static final ViewUpdate NONE = new ViewUpdate(Map.of());

  private final Map<String, Change> changes;

  private ViewUpdate(Map<String, Change> changes) {
    this.changes = changes;
  }

  /** What happens to a field. */
  private enum Kind {
    SET("set"),
    ADD("add"),
    REMOVE("remove");

    private final String word;

    Kind(String word) {
      this.word = word;
    }
  }

  private record Change(Kind kind, String value) {}

  /** Is told of changes. */
  @FunctionalInterface
  public interface Visitor {
    /** Is told of one change; the value is empty for a removal. */
    void change(String kind, String field, String value);
  }

  /** No change. */
  public static ViewUpdate none() {
    return NONE;
  }

  /**
   * These changes and the setting of a field.
   *
   * @throws InvalidValueException if field or value break their rules
   */
  public ViewUpdate set(String field, String value) {
    Require.notNull("view value", value);
    if (value.length() > MAX_VALUE) {
      throw new InvalidValueException(
          "length of view value", value.length(), "must be at most " + MAX_VALUE);
    }
    return with(field, new Change(Kind.SET, value));
  }

  /**
   * These changes and an addition to a field, which counts from 0 if it is not there. The update
   * fails as the handler's failure would if the field holds no whole number of at most 18
   * characters.
   *
   * @param amount -{@link #MOST_ADDED} to {@link #MOST_ADDED}, with earlier additions too
   * @throws InvalidValueException if the field breaks its rule, the amount is out of its range, or
   *     the field is set or removed by these changes already
   */
  public ViewUpdate add(String field, long amount) {
    Change before = changes.get(Require.text("view field", field, 1, MAX_FIELD));
    long sum = Require.inRange("amount", amount, -MOST_ADDED, MOST_ADDED);
    if (before != null) {
      if (before.kind() != Kind.ADD) {
        throw new InvalidValueException(
            "view field", field, "is set or removed by the same update already");
      }
      sum =
          Require.inRange("amount", sum + Long.parseLong(before.value()), -MOST_ADDED, MOST_ADDED);
    }
    return with(field, new Change(Kind.ADD, Long.toString(sum)));
  }

  /**
   * These changes and the removal of a field.
   *
   * @throws InvalidValueException if the field breaks its rule
   */
  public ViewUpdate remove(String field) {
    return with(field, new Change(Kind.REMOVE, ""));
  }

  private ViewUpdate with(String field, Change change) {
    Require.text("view field", field, 1, MAX_FIELD);
    Map<String, Change> copy = new LinkedHashMap<>(changes);
    copy.put(field, change);
    Require.inRange("number of view fields", copy.size(), 1, MOST_FIELDS);
    return new ViewUpdate(copy);
  }

  /** Whether nothing is changed. */
  public boolean isEmpty() {
    return changes.isEmpty();
  }

  /** Tells each change: its kind ({@code set}, {@code add}, {@code remove}), field and value. */
  public void forEach(Visitor visitor) {
    changes.forEach((field, change) -> visitor.change(change.kind().word, field, change.value()));
  }

  /** The fields; values may be personal. */
  @Override
  public String toString() {
    return "ViewUpdate" + changes.keySet();
  }
}
