package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Work;
import java.util.List;

/** Appending to one stream. */
record Produce(String name, Bench bench, List<Contender> contenders) implements Work {
  private static final int MANY_THREADS = 16;

  /** How many times fewer messages the slow ones do in a round. */
  private static final int SLOW = 2;

  /** Many messages at a time: pipelines against futures. */
  static Produce asynchronous(Bench bench, int messages) {
    return asynchronous("produce", bench, messages);
  }

  /** Likewise, under another name: of messages of another size. */
  static Produce asynchronous(String name, Bench bench, int messages) {
    return new Produce(
        name,
        bench,
        List.of(
            pipeline(bench, messages),
            futures(bench, messages),
            new Appending(
                "Lettuce batches", Library.LETTUCE, bench, messages, LettuceAppender::new),
            new Appending(
                "Redisson RBatch",
                Library.REDISSON,
                bench,
                share(messages),
                RedissonAppender.forThreads(1)),
            new Appending(
                "Spring pipelines", Library.SPRING, bench, share(messages), SpringAppender::new)));
  }

  /** Many messages at a time, by a producer that looks at no quotas and by one that does. */
  static Produce underQuotas(Bench bench, int messages) {
    bench.quotas(true);
    return new Produce(
        "produce-quotas",
        bench,
        List.of(
            futures(bench, messages),
            new Appending(
                "Tandem futures, with quotas",
                Library.TANDEM,
                bench,
                messages,
                TandemAppender::enforcing)));
  }

  /** Likewise, each entry appended once even if a reply is lost. */
  static Produce idempotent(Bench bench, int messages) {
    return new Produce(
        "produce-idempotent",
        bench,
        List.of(
            pipeline(bench, messages),
            new Appending(
                "Tandem idempotent", Library.TANDEM, bench, messages, TandemAppender::idempotent)));
  }

  /** One message after the other, each waited for. */
  static Produce blocking(Bench bench, int messages) {
    return blocking("produce-blocking", bench, messages, 1);
  }

  /** Likewise, from many threads; by hand with a connection each. */
  static Produce blockingInThreads(Bench bench, int messages) {
    return blocking("produce-blocking-" + MANY_THREADS, bench, messages, MANY_THREADS);
  }

  private static Produce blocking(String name, Bench bench, int messages, int threads) {
    return new Produce(
        name,
        bench,
        List.of(
            new Waiting(
                "Jedis XADD", Library.JEDIS, bench, messages, threads, threads, JedisAppender::new),
            new Waiting(
                "Tandem sendAndWait",
                Library.TANDEM,
                bench,
                messages,
                threads,
                1,
                TandemAppender::plain),
            new Waiting(
                "Lettuce sync", Library.LETTUCE, bench, messages, threads, 1, LettuceAppender::new),
            new Waiting(
                "Redisson add",
                Library.REDISSON,
                bench,
                messages,
                threads,
                1,
                RedissonAppender.forThreads(threads)),
            new Waiting(
                "Spring add", Library.SPRING, bench, messages, threads, 1, SpringAppender::new)));
  }

  private static Contender pipeline(Bench bench, int messages) {
    return new Appending("Jedis pipeline", Library.JEDIS, bench, messages, JedisAppender::new);
  }

  private static Contender futures(Bench bench, int messages) {
    return new Appending("Tandem futures", Library.TANDEM, bench, messages, TandemAppender::plain);
  }

  private static int share(int messages) {
    return Math.max(1, messages / SLOW);
  }

  @Override
  public void clean() {
    bench.removeStream();
  }
}
