package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Work;
import java.util.ArrayList;
import java.util.List;

/** From a publisher to local subscribers. */
record PublishSubscribe(String name, List<Contender> contenders) implements Work {
  /** How many times fewer messages the slow ones publish in a round. */
  private static final int SLOW = 2;

  private static final int SLOWEST = 40;
  private static final int FEWEST = 1_000;

  /** To one subscriber, nothing stored. */
  static PublishSubscribe fleeting(String name, LiveBench bench, int messages) {
    return fleeting(name, bench, messages, 1, 1, SLOW);
  }

  /** Stored, versioned and checked; beside a Jedis that does none of it. */
  static PublishSubscribe recoverable(String name, LiveBench bench, int messages) {
    return new PublishSubscribe(
        name,
        List.of(
            Delivering.byHand(bench, messages, 1, 1),
            new Delivering(
                "Tandem recoverable",
                Library.TANDEM,
                bench,
                messages,
                1,
                1,
                TandemLive::recoverable),
            new Delivering(
                "Redisson reliable topic",
                Library.REDISSON,
                bench,
                share(messages, SLOWEST),
                1,
                1,
                RedissonReliable::new)));
  }

  /** One channel with many listeners of this process; what is counted is deliveries. */
  static PublishSubscribe fanOut(String name, LiveBench bench, int messages, int listeners) {
    return fleeting(name, bench, messages, 1, listeners, 1);
  }

  /** Many channels with one listener each, all in this process; published to in turn. */
  static PublishSubscribe channels(String name, LiveBench bench, int messages, int channels) {
    return fleeting(name, bench, messages, channels, 1, SLOW);
  }

  private static PublishSubscribe fleeting(
      String name, LiveBench bench, int messages, int channels, int listeners, int slow) {
    List<Contender> all = new ArrayList<>();
    all.add(Delivering.byHand(bench, messages, channels, listeners));
    all.add(Delivering.fleeting(bench, messages, channels, listeners));
    int few = share(messages, slow);
    all.add(
        new Delivering(
            "Lettuce batches",
            Library.LETTUCE,
            bench,
            messages,
            channels,
            listeners,
            LettuceLive::new));
    all.add(
        new Delivering(
            "Redisson RTopic",
            Library.REDISSON,
            bench,
            few,
            channels,
            listeners,
            RedissonLive::new));
    all.add(
        new Delivering(
            "Spring container", Library.SPRING, bench, few, channels, listeners, SpringLive::new));
    return new PublishSubscribe(name, List.copyOf(all));
  }

  /** Enough to fill some time where even all of them are few. */
  private static int share(int messages, int slow) {
    return Math.max(Math.min(messages, FEWEST), messages / slow);
  }
}
