package dev.tandem.api.serde;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStream;
import com.sun.management.ThreadMXBean;
import dev.tandem.api.error.SerdeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Small inputs that hold, or say they hold, far more than is allowed. */
class DecompressionBombTest {
  private static final SerdeContext CONTEXT = new SerdeContext("acme", "orders");
  private static final int BOMB = 256 * 1024 * 1024;
  private static final long LITTLE = 1024 * 1024;

  @Test
  void gzipThatSaysHowMuchItHolds() throws IOException {
    refusedWithLittleMemory(gzipBomb(), "268435456 bytes, more than the 16777216 allowed");
  }

  @Test
  void gzipThatSaysItHoldsLittle() throws IOException {
    refusedWithLittleMemory(withSize(gzipBomb(), 1_000), "other length than it says");
  }

  @Test
  void gzipThatSaysItHoldsMoreThanItCan() throws IOException {
    byte[] small = marked(1, gzip -> gzip.write(new byte[100]));

    refusedWithLittleMemory(
        withSize(small, Compression.DEFAULT_MAX_SIZE), "says it holds more than it can");
  }

  @Test
  void zstdThatSaysHowMuchItHolds() {
    byte[] frame = Zstd.compress(new byte[BOMB]);
    byte[] marked = new byte[1 + frame.length];
    marked[0] = 2;
    System.arraycopy(frame, 0, marked, 1, frame.length);

    refusedWithLittleMemory(marked, "268435456 bytes, more than the 16777216 allowed");
  }

  @Test
  void zstdThatDoesNotSay() throws IOException {
    refusedWithLittleMemory(
        marked(2, DecompressionBombTest::writeBomb), "zstd frame without its size");
  }

  private static byte[] gzipBomb() throws IOException {
    return marked(1, DecompressionBombTest::writeBomb);
  }

  private interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private static void writeBomb(OutputStream out) throws IOException {
    byte[] zeros = new byte[1024 * 1024];
    for (int written = 0; written < BOMB; written += zeros.length) {
      out.write(zeros);
    }
  }

  private static byte[] marked(int marker, Content content) throws IOException {
    ByteArrayOutputStream marked = new ByteArrayOutputStream();
    marked.write(marker);
    try (OutputStream out =
        marker == 1 ? new GZIPOutputStream(marked) : new ZstdOutputStream(marked)) {
      content.writeTo(out);
    }
    return marked.toByteArray();
  }

  private static byte[] withSize(byte[] gzip, int size) {
    ByteBuffer.wrap(gzip).order(ByteOrder.LITTLE_ENDIAN).putInt(gzip.length - 4, size);
    return gzip;
  }

  private static void refusedWithLittleMemory(byte[] bomb, String reason) {
    assertThat(bomb).hasSizeLessThan(Compression.DEFAULT_MAX_SIZE / 10);
    Serde<byte[]> serde = Serde.bytes().zstd();
    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    SerdeException[] refusal = new SerdeException[1];
    long before = memory.getCurrentThreadAllocatedBytes();
    try {
      serde.deserialize(bomb, CONTEXT);
    } catch (SerdeException e) {
      refusal[0] = e;
    }
    long allocated = memory.getCurrentThreadAllocatedBytes() - before;

    assertThat(refusal[0])
        .hasMessage("payload of " + bomb.length + " bytes does not decompress: " + reason);
    assertThat(allocated).isLessThan(LITTLE);
  }
}
