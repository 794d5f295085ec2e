package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Work;
import java.util.List;

/** From a producer to a handler that does nothing, both at once. */
record Handle(Bench bench, List<Contender> contenders) implements Work {
  private static final int SLOW = 2;

  static Handle of(Bench bench, int messages) {
    int few = Math.max(1, messages / SLOW);
    return new Handle(
        bench,
        List.of(
            new Handling(
                "Jedis pipeline, loop",
                Library.JEDIS,
                bench,
                messages,
                JedisAppender::new,
                LoopConsumption.batched(JedisReader::new)),
            new Handling(
                "Tandem producer, worker",
                Library.TANDEM,
                bench,
                messages,
                TandemAppender::plain,
                TandemConsumption::usual),
            new Handling(
                "Lettuce batches, loop",
                Library.LETTUCE,
                bench,
                messages,
                LettuceAppender::new,
                LoopConsumption.batched(LettuceReader::new)),
            new Handling(
                "Redisson RBatch, loop",
                Library.REDISSON,
                bench,
                few,
                RedissonAppender.forThreads(1),
                LoopConsumption.batched(RedissonReader::new)),
            new Handling(
                "Spring pipelines, loop",
                Library.SPRING,
                bench,
                few,
                SpringAppender::new,
                LoopConsumption.batched(SpringReader::new))));
  }

  @Override
  public String name() {
    return "handle";
  }

  @Override
  public void clean() {
    bench.removeStream();
  }
}
