package dev.tandem.streams;

import java.util.List;

/**
 * What one trimming did to a stream, or would do.
 *
 * <p>Thread safety: immutable.
 *
 * @param removed messages removed
 * @param remaining messages left
 * @param complete whether all was removed that the policy asks for; otherwise the next trimming
 *     goes on
 * @param losses what groups lost by it, of those that lost something
 * @param exact whether the counts are exact; those of a dry run may be estimates
 */
public record TrimReport(
    long removed, long remaining, boolean complete, List<GroupLoss> losses, boolean exact) {
  /** Copies the list. */
  public TrimReport {
    losses = List.copyOf(losses);
  }

  /** Messages lost, over all groups. */
  public long lost() {
    return losses.stream().mapToLong(GroupLoss::total).sum();
  }
}
