package dev.tandem.redis.batch;

/**
 * Counts entries from the first one on, and knows up to which of them all are settled. In order:
 * those that the sink keeps, the batch on its way, those being failed by a close, those waiting.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
final class Progress {
  private long taken;
  private long batchFrom;
  private int inBatch;
  private long keptFrom = Long.MAX_VALUE;
  private long failingFrom;
  private int failing;

  void accepted() {
    taken++;
  }

  long taken() {
    return taken;
  }

  void batchTaken(int entries, int waitingNow) {
    inBatch = entries;
    batchFrom = taken - waitingNow - entries;
  }

  void batchDone(long keptFrom) {
    inBatch = 0;
    this.keptFrom = keptFrom;
  }

  void failing(int entries) {
    if (failing == 0) {
      failingFrom = taken - entries;
    }
    failing += entries;
  }

  void failed(int entries) {
    failing -= entries;
  }

  /** The number of entries, counted from the first, that are all settled. */
  long settledUpTo(int waitingNow) {
    if (inBatch > 0) {
      return Math.min(batchFrom, keptFrom);
    }
    return Math.min(failing > 0 ? failingFrom : taken - waitingNow, keptFrom);
  }
}
