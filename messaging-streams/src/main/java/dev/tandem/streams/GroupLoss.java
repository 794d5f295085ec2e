package dev.tandem.streams;

/**
 * Messages that a group lost because they were trimmed away before it had acknowledged them.
 *
 * <p>Thread safety: immutable.
 *
 * @param group the group
 * @param unread messages that it had not read
 * @param pending messages that it had read: leased, or waiting for a retry. A worker that comes
 *     across one moves it, without data, to the dead letters
 */
public record GroupLoss(String group, long unread, long pending) {
  /** Both together. */
  public long total() {
    return unread + pending;
  }
}
