package dev.tandem.api.internal;

import dev.tandem.api.error.InvalidValueException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Refuses bad options and arguments with what, value and rule. */
public final class Require {
  private Require() {}

  /** Returns {@code value} if it lies in the range, ends included. */
  public static int inRange(String what, int value, int least, int most) {
    if (value < least || value > most) {
      throw new InvalidValueException(what, value, "must be " + least + " to " + most);
    }
    return value;
  }

  /** Returns {@code value} if it lies in the range, ends included. */
  public static long inRange(String what, long value, long least, long most) {
    if (value < least || value > most) {
      throw new InvalidValueException(what, value, "must be " + least + " to " + most);
    }
    return value;
  }

  /** Returns {@code value} if it lies in the range, ends included. */
  public static Duration inRange(String what, Duration value, Duration least, Duration most) {
    if (notNull(what, value).compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new InvalidValueException(what, value, "must be " + least + " to " + most);
    }
    return value;
  }

  /** Returns {@code value} if it is not null. */
  public static <T> T notNull(String what, @Nullable T value) {
    if (value == null) {
      throw new InvalidValueException(what, null, "must be given");
    }
    return value;
  }

  /**
   * Returns {@code given} if it is not null, of a length in the range, free of controls and
   * writable as UTF-8.
   */
  public static String text(String what, @Nullable String given, int least, int most) {
    String text = notNull(what, given);
    int length = text.length();
    if (length < least || length > most) {
      throw new InvalidValueException(
          what, text, "must be " + least + " to " + most + " characters long");
    }
    String fault = fault(text);
    if (fault != null) {
      throw new InvalidValueException(what, text, fault);
    }
    return text;
  }

  /** Like {@link #text} for text that may be secret or personal: an error tells its length only. */
  public static String secretText(String what, @Nullable String given, int least, int most) {
    String text = notNull(what, given);
    int length = text.length();
    if (length < least || length > most) {
      throw new InvalidValueException(
          "length of " + what, length, "must be " + least + " to " + most);
    }
    String fault = fault(text);
    if (fault != null) {
      throw new InvalidValueException("length of " + what, length, fault);
    }
    return text;
  }

  private static @Nullable String fault(String text) {
    int length = text.length();
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= ' ' && c <= '~') {
        continue; // nearly all there is: every id of every message comes by here
      }
      if (Character.isISOControl(c)) {
        return "must not contain control characters";
      }
      if (Character.isSurrogate(c)) {
        if (!Character.isHighSurrogate(c)
            || i + 1 == length
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return "must not contain half a surrogate pair";
        }
        i++;
      }
    }
    return null;
  }
}
