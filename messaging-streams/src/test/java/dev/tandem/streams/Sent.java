package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** What a producer has done with all its streams, to be compared at once. */
record Sent(long sent, long failed, long outcomeUnknown, long resent, int waiting) {
  static Sent of(ProducerStats stats) {
    return new Sent(
        stats.sent(), stats.failed(), stats.outcomeUnknown(), stats.resent(), stats.waiting());
  }

  /** Awaits these totals: what waits shrinks a moment after the futures are done. */
  static void awaitFrom(StreamProducer producer, Sent expected) {
    await().untilAsserted(() -> assertThat(of(producer.stats())).isEqualTo(expected));
  }
}
