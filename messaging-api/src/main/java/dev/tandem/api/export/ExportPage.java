package dev.tandem.api.export;

import java.util.List;

/**
 * Some exported messages, one a line, and where to go on.
 *
 * <p>Store the lines, then the cursor; after a crash go on with the cursor that was stored last,
 * and cut off what was stored behind it, or it is there twice.
 *
 * <p><b>A line</b> is one JSON object without line breaks, its members in this order; those that do
 * not apply are left out, and more may be added by later versions:
 *
 * <ul>
 *   <li>{@code tenant}; {@code kind}: {@code stream}, {@code scheduled}, {@code replayed}, {@code
 *       dead-letter}, {@code event} or {@code channel};
 *   <li>where it is: {@code topic}, {@code group}, {@code category} or {@code channel};
 *   <li>{@code id}: unique in that place. {@code time}: when the server took it, ISO 8601 in UTC,
 *       as far as that is known;
 *   <li>{@code details}: an object of texts that depend on the kind, such as the reason of a dead
 *       letter, the aggregate of an event, or the position in a channel;
 *   <li>{@code type}, {@code key}, {@code headers} (an object of texts): the message's;
 *   <li>{@code payload}: what a serde read from the payload, as Jackson writes it (bytes as a
 *       string of Base64); or {@code payloadBase64}: the payload's bytes as they are stored;
 *   <li>{@code error}: why the payload could not be read by the serde that was given for it. Shows
 *       neither payload nor keys;
 *   <li>{@code fields}: of what is no message, for instance because another program wrote it: an
 *       object of the fields that are stored, their values in Base64.
 * </ul>
 *
 * <p>Thread safety: immutable.
 *
 * @param lines the lines, without line ends; may be none though there are more
 * @param cursor what the next page is asked for with; printable
 * @param isLast whether there is nothing behind it
 */
public record ExportPage(List<String> lines, String cursor, boolean isLast) {
  /** Copies the list. */
  public ExportPage {
    lines = List.copyOf(lines);
  }

  /** Where it goes on, not what is in it. */
  @Override
  public String toString() {
    return "ExportPage[lines=" + lines.size() + ", cursor=" + cursor + ", isLast=" + isLast + "]";
  }
}
