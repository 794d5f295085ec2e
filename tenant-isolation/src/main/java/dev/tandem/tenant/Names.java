package dev.tandem.tenant;

import dev.tandem.api.error.InvalidValueException;
import org.jspecify.annotations.Nullable;

/**
 * The rule for every name that becomes part of a key: tenants, topics, channels, groups, consumers.
 *
 * <p>Letters and digits of ASCII, {@code -}, {@code _} and {@code .}; 1 to {@value #MAX_LENGTH}
 * characters. So no name can leave its place in a key, act as a pattern, or look like another.
 */
public final class Names {
  /** The longest name, in characters. */
  public static final int MAX_LENGTH = 128;

  private Names() {}

  /**
   * Returns the name if it keeps the rule.
   *
   * @param what whose name it is, for the error
   * @throws InvalidValueException if it does not
   */
  public static String check(String what, @Nullable String name) {
    return check(what, name, MAX_LENGTH);
  }

  /**
   * Returns the name if it keeps the rule and is no longer than this.
   *
   * @param what whose name it is, for the error
   * @param longest the most characters, up to {@value #MAX_LENGTH}
   * @throws InvalidValueException if it does not
   */
  public static String check(String what, @Nullable String name, int longest) {
    if (name == null || name.isEmpty() || name.length() > longest) {
      throw new InvalidValueException(what, name, rule(longest));
    }
    for (int i = 0; i < name.length(); i++) {
      if (!isAllowed(name.charAt(i))) {
        throw new InvalidValueException(what, name, rule(longest));
      }
    }
    return name;
  }

  private static String rule(int longest) {
    return "must be 1 to " + longest + " characters out of a-z A-Z 0-9 - _ .";
  }

  static boolean isAllowed(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '_'
        || c == '.';
  }
}
