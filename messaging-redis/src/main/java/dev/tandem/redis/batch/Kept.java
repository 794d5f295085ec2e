package dev.tandem.redis.batch;

/**
 * What a sink has taken over and not settled yet.
 *
 * <p>Thread safety: immutable.
 *
 * @param entries how many; they count as waiting
 * @param bytes their weight
 * @param before how many entries the sink was given before the oldest of them
 * @param dueNanos when the sink wants to be called again, by {@link System#nanoTime}
 */
public record Kept(int entries, long bytes, long before, long dueNanos) {
  /** Everything is settled. */
  public static final Kept NOTHING = new Kept(0, 0, Long.MAX_VALUE, 0);
}
