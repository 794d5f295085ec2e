package dev.tandem.api.export.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.error.InvalidValueException;
import java.util.Base64;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * How far an export came.
 *
 * @param key the key that it is at; empty before the first
 * @param after what was exported of it last; empty if nothing, {@link #DONE} if everything
 * @param until what is to be exported of it last; empty if that is not known yet
 */
public record ExportCursor(String key, String after, String until) {
  /** Before everything. */
  public static final ExportCursor START = new ExportCursor("", "", "");

  /** Nothing of the key is left. */
  public static final String DONE = "done";

  private static final String RULE = "must be a cursor that a page of such an export gave";
  private static final int LONGEST = 8_192;
  private static final char BETWEEN = '\n';

  /** Behind all of this key. */
  public static ExportCursor behind(String key) {
    return new ExportCursor(key, DONE, "");
  }

  /** Whether nothing of the key is left. */
  public boolean isDone() {
    return after.equals(DONE);
  }

  /**
   * Reads a token; null is the start.
   *
   * @throws InvalidValueException if it is not one that {@link #token} gave
   */
  public static ExportCursor parse(@Nullable String token) {
    if (token == null || token.length() > LONGEST) {
      if (token == null) {
        return START;
      }
      throw invalid("of " + token.length() + " characters");
    }
    try {
      String text = new String(Base64.getUrlDecoder().decode(token), UTF_8);
      String[] parts = text.split(String.valueOf(BETWEEN), -1);
      if (parts.length == 4) {
        ExportCursor cursor = new ExportCursor(parts[0], parts[1], parts[2]);
        if (cursor.token().equals(token)) {
          return cursor;
        }
      }
    } catch (IllegalArgumentException e) {
      throw new InvalidValueException("export cursor", token, RULE, e);
    }
    throw invalid(token);
  }

  private static InvalidValueException invalid(String token) {
    return new InvalidValueException("export cursor", token, RULE);
  }

  /** The cursor as printable text with a checksum. */
  public String token() {
    String text = key + BETWEEN + after + BETWEEN + until + BETWEEN;
    CRC32C checksum = new CRC32C();
    checksum.update(text.getBytes(UTF_8));
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString((text + Long.toHexString(checksum.getValue())).getBytes(UTF_8));
  }
}
