package dev.tandem.api.error;

import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An option, a name, a payload or a token breaks a rule; thrown at the call that brought it in,
 * before anything was sent.
 *
 * <p>The message always has the form <i>what</i> {@code was} <i>value</i>{@code :} <i>rule</i>,
 * with long values cut off and invisible characters escaped. Thread safety: immutable.
 */
public final class InvalidValueException extends MessagingException {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST_SHOWN = 80;

  private final String what;

  /**
   * Creates the exception.
   *
   * @param what the name of the option or argument, such as {@code concurrency}
   * @param value what was given; shown shortened and with control characters escaped
   * @param rule what is allowed, such as {@code must be 1 to 1024}
   */
  public InvalidValueException(String what, @Nullable Object value, String rule) {
    this(what, value, rule, null);
  }

  /** Creates the exception with the error that revealed the bad value. */
  public InvalidValueException(
      String what, @Nullable Object value, String rule, @Nullable Throwable cause) {
    super(ErrorCode.INVALID_VALUE, false, what + " was " + shown(value) + ": " + rule, cause);
    this.what = what;
  }

  /** The name of the option or argument that was refused. */
  public String what() {
    return what;
  }

  private static String shown(@Nullable Object value) {
    if (value == null) {
      return "null";
    }
    String text = value.toString();
    String shown =
        text.codePoints()
            .limit(LONGEST_SHOWN)
            .mapToObj(InvalidValueException::shown)
            .collect(Collectors.joining());
    String quote = value instanceof CharSequence ? "'" : "";
    String rest =
        text.codePointCount(0, text.length()) > LONGEST_SHOWN
            ? "… (" + text.length() + " characters)"
            : "";
    return quote + shown + quote + rest;
  }

  /** Escapes what would break a log line, or hide in it. */
  private static String shown(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          String.format("\\u%04x", character);
      default -> Character.toString(character);
    };
  }
}
