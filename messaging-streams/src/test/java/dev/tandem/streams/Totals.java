package dev.tandem.streams;

/** What a worker has done with all its streams, to be compared at once. */
record Totals(
    long handled,
    long failed,
    long retried,
    long deadLettered,
    long redelivered,
    long takenOver,
    long lost,
    long leasesLost,
    long acknowledged,
    int inFlight,
    int stuck,
    int stopped) {

  static Totals of(WorkerStats stats) {
    return new Totals(
        stats.handled(),
        stats.failed(),
        stats.retried(),
        stats.deadLettered(),
        stats.redelivered(),
        stats.takenOver(),
        stats.lost(),
        stats.leasesLost(),
        stats.acknowledged(),
        stats.inFlight(),
        stats.stuck(),
        stats.stopped());
  }
}
