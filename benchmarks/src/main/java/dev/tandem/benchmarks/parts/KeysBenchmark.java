package dev.tandem.benchmarks.parts;

import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to get the keys of a stream and of a channel: of one that is remembered, and of one
 * that is built each time, since as many others are remembered as may be.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class KeysBenchmark {
  private static final String KNOWN = "name-0";
  private static final String NEW = "name";

  private final KeyLayout layout = KeyLayout.plain();
  private final Tenant tenant = Tenant.of("acme");

  /** Has as much remembered as may be. */
  @Setup
  public void fill() {
    for (int i = 0; i < KeyLayout.REMEMBERED; i++) {
      layout.stream(tenant, "name-" + i);
      layout.channel(tenant, "name-" + i);
    }
  }

  /** Of a stream that is remembered. */
  @Benchmark
  public StreamKeys knownStream() {
    return layout.stream(tenant, KNOWN);
  }

  /** Of a stream that is not. */
  @Benchmark
  public StreamKeys newStream() {
    return layout.stream(tenant, NEW);
  }

  /** Of a channel that is remembered. */
  @Benchmark
  public ChannelKeys knownChannel() {
    return layout.channel(tenant, KNOWN);
  }

  /** Of a channel that is not, of a tenant that is. */
  @Benchmark
  public ChannelKeys newChannel() {
    return layout.channel(tenant, NEW);
  }
}
