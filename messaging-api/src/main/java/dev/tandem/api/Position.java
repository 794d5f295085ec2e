package dev.tandem.api;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Where a subscriber stands on a recoverable channel: the last message it has seen.
 *
 * <p>Three parts make it safe to resume from. The <b>version</b> counts the channel's messages from
 * 1 (0: none yet). The <b>epoch</b> is random and changes when the channel's log is lost, so that
 * an old version is not mistaken for one of a new log. The <b>nonce</b> is random for each batch,
 * so that a log rolled back by a failover, whose versions are then given out again to other
 * messages, is noticed too.
 *
 * <p>{@link #toString()} gives a short token to keep in a browser or a database; {@link
 * #parse(String)} reads it and refuses anything cut, mistyped or foreign. Positions of different
 * channels or epochs cannot be compared.
 *
 * <p>Thread safety: immutable.
 *
 * @param epoch the log's identity, 1 to 16 lower-case letters and digits
 * @param version the version last seen, 0 or more
 * @param nonce the nonce of that version, up to 16 lower-case letters and digits; empty for version
 *     0
 */
public record Position(String epoch, long version, String nonce) {
  private static final int MAX_WORD = 16;
  private static final Pattern TOKEN =
      Pattern.compile("([0-9a-z]{1,16})\\.([0-9a-z]{1,13})\\.([0-9a-z]{0,16})\\.([0-9a-z]{1,7})");
  private static final int RADIX = 36;
  private static final String RULE = "must be a position token as Position.toString() gives it";

  /** Refuses parts that break their rule. */
  public Position {
    if (!isWord(Require.notNull("position epoch", epoch))) {
      throw new InvalidValueException(
          "position epoch", epoch, "must be 1 to 16 lower-case letters and digits");
    }
    if (version < 0) {
      throw new InvalidValueException("position version", version, "must be 0 or more");
    }
    Require.notNull("position nonce", nonce);
    if (version == 0 ? !nonce.isEmpty() : !isWord(nonce)) {
      throw new InvalidValueException(
          "position nonce",
          nonce,
          "must be 1 to 16 lower-case letters and digits, and empty for version 0");
    }
  }

  private static boolean isWord(String text) {
    int length = text.length();
    if (length == 0 || length > MAX_WORD) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'z')) {
        return false; // each message has a position: no regular expression here
      }
    }
    return true;
  }

  /**
   * Reads a token.
   *
   * @throws InvalidValueException if it is not one that {@link #toString()} gave
   */
  public static Position parse(@Nullable String token) {
    if (token == null) {
      throw new InvalidValueException("position", null, RULE);
    }
    Matcher matcher = TOKEN.matcher(token);
    if (!matcher.matches()) {
      throw new InvalidValueException("position", token, RULE);
    }
    try {
      Position position =
          new Position(matcher.group(1), Long.parseLong(matcher.group(2), RADIX), matcher.group(3));
      if (position.toString().equals(token)) {
        return position;
      }
    } catch (NumberFormatException | InvalidValueException e) {
      throw new InvalidValueException("position", token, RULE, e);
    }
    throw new InvalidValueException("position", token, RULE);
  }

  /** The token: short, printable, safe in a URL, with a checksum against typing errors. */
  @Override
  public String toString() {
    String body = epoch + '.' + Long.toString(version, RADIX) + '.' + nonce;
    CRC32C checksum = new CRC32C();
    checksum.update(body.getBytes(StandardCharsets.US_ASCII));
    return body + '.' + Long.toString(checksum.getValue(), RADIX);
  }
}
