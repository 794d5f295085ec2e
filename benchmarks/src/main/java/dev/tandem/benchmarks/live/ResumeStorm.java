package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Work;
import java.util.List;

/** Many subscribers of one channel that return at once; what is counted is what they missed. */
record ResumeStorm(List<Contender> contenders) implements Work {
  private static final int STORED = 1_000;

  /** So many subscribers, spread over the last thousand messages. */
  static ResumeStorm of(LiveBench bench, int subscribers) {
    Storm storm = new Storm(subscribers, STORED);
    return new ResumeStorm(
        List.of(new JedisReturning(bench, storm), new TandemReturning(bench, storm)));
  }

  @Override
  public String name() {
    return "resume-storm";
  }
}
