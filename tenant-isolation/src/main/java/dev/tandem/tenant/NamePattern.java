package dev.tandem.tenant;

import dev.tandem.api.error.InvalidValueException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pattern over names of one tenant: {@code *} stands for any characters, dots included, also for
 * none; every other character for itself.
 *
 * <p>Nothing else is special, and what no name can contain is refused, the other characters of
 * Redis's globs among it. So a pattern cannot reach beyond the place in a key that it is for. The
 * number of {@code *} is bounded because servers need longer for each.
 *
 * <p>Thread safety: immutable.
 */
public final class NamePattern {
  /** The most {@code *} in a pattern: {@value}. */
  public static final int MOST_STARS = 3;

  private static final String RULE =
      "must be 1 to "
          + Names.MAX_LENGTH
          + " characters out of a-z A-Z 0-9 - _ . and up to "
          + MOST_STARS
          + " times *, no two of them side by side";

  private final String text;
  private final List<String> pieces;

  private NamePattern(String text) {
    this.text = text;
    this.pieces = List.of(text.split("\\*", -1));
  }

  /**
   * The pattern in this text.
   *
   * @param what whose names it is about, for the error
   * @throws InvalidValueException if it breaks the rule
   */
  public static NamePattern of(String what, @Nullable String text) {
    if (text == null || text.isEmpty() || text.length() > Names.MAX_LENGTH) {
      throw new InvalidValueException(what, text, RULE);
    }
    int stars = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '*') {
        stars++;
      } else if (!Names.isAllowed(c)) {
        throw new InvalidValueException(what, text, RULE);
      }
    }
    if (stars > MOST_STARS || text.contains("**")) {
      throw new InvalidValueException(what, text, RULE);
    }
    return new NamePattern(text);
  }

  /** The pattern as it was given. */
  public String text() {
    return text;
  }

  /** Whether a name matches as a whole. */
  public boolean matches(String name) {
    String first = pieces.get(0);
    if (pieces.size() == 1) {
      return name.equals(first);
    }
    String last = pieces.get(pieces.size() - 1);
    int end = name.length() - last.length();
    if (end < first.length() || !name.startsWith(first) || !name.endsWith(last)) {
      return false;
    }
    int at = first.length();
    for (String piece : pieces.subList(1, pieces.size() - 1)) {
      int found = name.indexOf(piece, at);
      if (found < 0 || found + piece.length() > end) {
        return false;
      }
      at = found + piece.length();
    }
    return true;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof NamePattern pattern && text.equals(pattern.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
