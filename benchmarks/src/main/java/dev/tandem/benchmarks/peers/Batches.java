package dev.tandem.benchmarks.peers;

/** How many messages travel together. */
public final class Batches {
  private static final int MOST_BYTES = 4 << 20;

  private Batches() {}

  /** So many, but fewer of large ones: a batch has at most 4 MiB of payload. */
  public static int of(int messages, int payloadBytes) {
    return Math.max(1, Math.min(messages, MOST_BYTES / payloadBytes));
  }
}
