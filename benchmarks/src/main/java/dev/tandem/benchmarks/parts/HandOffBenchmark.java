package dev.tandem.benchmarks.parts;

import dev.tandem.api.error.MessagingException;
import dev.tandem.api.internal.DaemonThreads;
import dev.tandem.redis.batch.BatchSender;
import dev.tandem.redis.batch.BatchSettings;
import dev.tandem.redis.batch.BatchSink;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs a caller to hand an entry over to the thread that sends batches, where sending is
 * nothing but counting; callers wait for room when the sending thread does not keep up.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class HandOffBenchmark {
  private static final String ENTRY = "entry";
  private static final int BYTES = 200;
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Counting counting = new Counting();
  private final BatchSender<String> sender =
      new BatchSender<>(
          "the benchmark's sender",
          BatchSettings.DEFAULT.buffer(65_536, 64 << 20, PATIENCE),
          entry -> BYTES,
          counting,
          DaemonThreads.named("sender"));

  /** Under load, by one thread. */
  @Benchmark
  public void add() {
    sender.add(ENTRY);
  }

  /** Under load, by four threads; the time is what one of them takes. */
  @Benchmark
  @Threads(4)
  public void addByFour() {
    sender.add(ENTRY);
  }

  /** One alone, which the caller sends itself. */
  @Benchmark
  public void addAwaited() {
    sender.addAwaited(ENTRY);
  }

  /** One alone, by way of the other thread and back. */
  @Benchmark
  public boolean addAndFlush() {
    sender.add(ENTRY);
    return sender.flush(PATIENCE);
  }

  /** Ends the sender; fails if an entry that it took was not sent. */
  @TearDown
  public void close() {
    if (!sender.close(PATIENCE) || counting.failed.get() > 0) {
      throw new IllegalStateException(
          counting.sent + " entries were sent, " + counting.failed + " were not");
    }
  }

  /** Sends nowhere. */
  private static final class Counting implements BatchSink<String> {
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();

    @Override
    public void send(List<String> batch) {
      sent.addAndGet(batch.size());
    }

    @Override
    public void fail(String entry, MessagingException why) {
      failed.incrementAndGet();
    }
  }
}
