package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Work;
import java.util.List;

/** Appending to one stream. */
record Produce(String name, Bench bench, List<Contender> contenders) implements Work {
  /** Many messages at a time: pipelines against futures. */
  static Produce asynchronous(Bench bench, int messages) {
    return new Produce(
        "produce",
        bench,
        List.of(new JedisPipeline(bench, messages), TandemProducer.futures(bench, messages)));
  }

  /** Many messages at a time, by a producer that looks at no quotas and by one that does. */
  static Produce underQuotas(Bench bench, int messages) {
    bench.quotas(true);
    return new Produce(
        "produce-quotas",
        bench,
        List.of(
            TandemProducer.futures(bench, messages), TandemProducer.underQuotas(bench, messages)));
  }

  /** Likewise, each entry appended once even if a reply is lost. */
  static Produce idempotent(Bench bench, int messages) {
    return new Produce(
        "produce-idempotent",
        bench,
        List.of(new JedisPipeline(bench, messages), TandemProducer.idempotent(bench, messages)));
  }

  /** One message after the other, each waited for. */
  static Produce blocking(Bench bench, int messages) {
    return new Produce(
        "produce-blocking",
        bench,
        List.of(new JedisXadd(bench, messages), TandemProducer.waiting(bench, messages)));
  }

  @Override
  public void clean() {
    bench.removeStream();
  }
}
