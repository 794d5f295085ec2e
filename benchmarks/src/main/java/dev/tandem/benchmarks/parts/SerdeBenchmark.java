package dev.tandem.benchmarks.parts;

import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a JSON payload of about 200 bytes costs to write and to read. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SerdeBenchmark {
  private static final SerdeContext CONTEXT = new SerdeContext("acme", "orders");

  private final Serde<Order> serde = Serde.json(Order.class);
  private final Order order =
      new Order(
          "o-20260131-000042", "c-7781", "two-day parcel to the back door please", 12_950, true);
  private final byte[] bytes = serde.serialize(order, CONTEXT);

  /** Payload to bytes. */
  @Benchmark
  public byte[] write() {
    return serde.serialize(order, CONTEXT);
  }

  /** Bytes to payload. */
  @Benchmark
  public Order read() {
    return serde.deserialize(bytes, CONTEXT);
  }

  /**
   * A payload.
   *
   * @param id the order
   * @param customer who
   * @param note free text
   * @param cents how much
   * @param express how
   */
  public record Order(String id, String customer, String note, long cents, boolean express) {}
}
