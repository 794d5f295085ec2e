package dev.tandem.benchmarks.parts;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tandem.api.Message;
import dev.tandem.pubsub.internal.frame.Frame;
import dev.tandem.pubsub.internal.frame.FrameBody;
import dev.tandem.pubsub.internal.frame.FrameFormatException;
import dev.tandem.pubsub.internal.frame.FrameParser;
import dev.tandem.pubsub.internal.frame.OutgoingMessage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to put messages with JSON payloads of about 200 bytes into a frame of a recoverable
 * channel, and to read it; the time is that of the whole frame. What the script puts in front of a
 * frame is not part of writing.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class FrameBenchmark {
  private static final String TENANT = "acme";
  private static final String CHANNEL = "board";
  private static final String INSTANCE = "k3x9q0a7";
  private static final String NONCE = "1y2p0ij32e8e7";

  /** How many messages travel together. */
  @Param({"1", "128"})
  public int messages;

  private final Message<byte[]> message = Samples.message();
  private byte[] frame = {};

  /** Builds a frame to read, as the script would send it. */
  @Setup
  public void build() {
    byte[] head =
        ("{\"version\":41,\"count\":"
                + messages
                + ",\"epoch\":\"3w5e11264sgsg\",\"previous\":\"9x1k\",\"timestamp\":1790000000000,")
            .getBytes(US_ASCII);
    byte[] body = write().bytes();
    frame = ByteBuffer.allocate(head.length + body.length).put(head).put(body).array();
  }

  /** Messages to what a publisher sends. */
  @Benchmark
  public FrameBody write() {
    List<OutgoingMessage> all = new ArrayList<>(messages);
    for (int i = 0; i < messages; i++) {
      all.add(OutgoingMessage.of(INSTANCE + "-7", message, message.payload(), true));
    }
    return FrameBody.of(TENANT, CHANNEL, INSTANCE, NONCE, all);
  }

  /** What a subscriber receives to messages. */
  @Benchmark
  public Frame read() throws FrameFormatException {
    return FrameParser.parse(frame);
  }
}
