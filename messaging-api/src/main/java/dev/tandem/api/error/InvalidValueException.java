package dev.tandem.api.error;

import org.jspecify.annotations.Nullable;

/**
 * An option, a name, a payload or a token breaks a rule; thrown at the call that brought it in,
 * before anything was sent.
 *
 * <p>The message always has the form <i>what</i> {@code was} <i>value</i>{@code :} <i>rule</i>,
 * with long values cut off. Thread safety: immutable.
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
    if (!(value instanceof CharSequence text)) {
      return value.toString();
    }
    StringBuilder shown = new StringBuilder("'");
    text.chars()
        .limit(LONGEST_SHOWN)
        .forEach(
            c -> {
              if (Character.isISOControl(c)) {
                shown.append(String.format("\\u%04x", c));
              } else {
                shown.append((char) c);
              }
            });
    shown.append('\'');
    if (text.length() > LONGEST_SHOWN) {
      shown.append("… (").append(text.length()).append(" characters)");
    }
    return shown.toString();
  }
}
