package dev.tandem.benchmarks.parts;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tandem.api.Message;
import dev.tandem.api.serde.Serde;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.tenant.Tenant;
import java.util.List;
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

/**
 * What it costs to turn a message with a payload of 200 bytes into the fields of a stream entry,
 * and to read it out of a reply; the serde takes the bytes as they are.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class EntryBenchmark {
  private final Tenant tenant = Tenant.of("acme");
  private final StreamTopic<byte[]> topic = StreamTopic.of("orders", Serde.bytes());
  private final Message<byte[]> message = Samples.message();
  private final List<Object> reply = List.of("1790000000000-41".getBytes(US_ASCII), write());

  /** Message to fields. */
  @Benchmark
  public List<byte[]> write() {
    return EntryFormat.encode(tenant, topic, message);
  }

  /** A reply's entry to a message. */
  @Benchmark
  public Message<byte[]> read() {
    return EntryFormat.decode(tenant, topic, RawEntry.of(reply));
  }
}
