package dev.tandem.outbox.internal.store;

import dev.tandem.api.error.InvalidValueException;
import java.util.regex.Pattern;

/**
 * The names of the outbox's tables.
 *
 * <p>Thread safety: immutable.
 *
 * @param messages of the one whose name the user gives; those of the others begin with it
 */
public record Tables(String messages) {
  private static final String WORD = "[A-Za-z_][A-Za-z0-9_]{0,39}";
  private static final Pattern RULE = Pattern.compile("(?:" + WORD + "\\.)?" + WORD);

  /** Refuses names that would have to be quoted. */
  public Tables {
    if (messages == null || !RULE.matcher(messages).matches()) {
      throw new InvalidValueException(
          "outbox table",
          messages,
          "must be a name of letters, digits and _ that begins with no digit, up to 40 characters,"
              + " with a schema of that form and a dot before it at most");
    }
  }

  /** Messages that cannot be published. */
  public String failed() {
    return messages + "_failed";
  }

  /** Who publishes what. */
  public String partitions() {
    return messages + "_partitions";
  }

  /** Who runs. */
  public String relays() {
    return messages + "_relays";
  }
}
