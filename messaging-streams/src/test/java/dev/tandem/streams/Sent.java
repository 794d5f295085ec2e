package dev.tandem.streams;

/** What a producer has done with all its streams, to be compared at once. */
record Sent(long sent, long failed, long outcomeUnknown, long resent, int waiting) {
  static Sent of(ProducerStats stats) {
    return new Sent(
        stats.sent(), stats.failed(), stats.outcomeUnknown(), stats.resent(), stats.waiting());
  }
}
