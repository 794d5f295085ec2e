package dev.tandem.api.serde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.Seeded;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.serde.Compression.Algorithm;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CompressionTest {
  private static final SerdeContext CONTEXT = new SerdeContext("acme", "orders");
  private static final int PLAIN = 0;
  private static final int GZIP = 1;
  private static final int ZSTD = 2;

  @Test
  void hasWrittenDefaults() {
    assertThat(Compression.gzip())
        .isEqualTo(new Compression(Algorithm.GZIP, 512, 16 * 1024 * 1024))
        .isNotEqualTo(Compression.zstd());
    assertThat(Compression.zstd().threshold(7).maxSize(9))
        .isEqualTo(new Compression(Algorithm.ZSTD, 7, 9));
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void refusesValuesOutOfRange() {
    refused(
        () -> Compression.gzip().threshold(-1),
        "compression threshold was -1: must be 0 to 536870912");
    refused(
        () -> Compression.gzip().maxSize(0), "compression maxSize was 0: must be 1 to 536870912");
    refused(
        () -> Compression.gzip().maxSize(536870913),
        "compression maxSize was 536870913: must be 1 to 536870912");
    refused(() -> new Compression(null, 1, 1), "compression algorithm was null: must be given");
    refused(() -> Serde.bytes().compressed(null), "compression was null: must be given");
  }

  @ParameterizedTest
  @EnumSource
  void everySizeRoundTrips(Algorithm algorithm) {
    Random random = Seeded.random();
    Serde<byte[]> serde = serde(algorithm, 0, 1 << 20);
    for (int i = 0; i < 800; i++) {
      byte[] payload = payload(random, i < 600 ? i : random.nextInt(50_000));
      byte[] bytes = serde.serialize(payload, CONTEXT);

      assertThat(bytes).hasSizeLessThanOrEqualTo(payload.length + 1);
      assertThat(serde.deserialize(bytes, CONTEXT)).isEqualTo(payload);
    }
  }

  @ParameterizedTest
  @EnumSource
  void onlyPayloadsFromTheThresholdOnAreCompressed(Algorithm algorithm) {
    Serde<byte[]> serde = Serde.bytes().compressed(new Compression(algorithm, 512, 10_000));

    assertThat(serde.serialize(new byte[511], CONTEXT)).hasSize(512).startsWith(PLAIN);
    assertThat(serde.serialize(new byte[512], CONTEXT))
        .hasSizeLessThan(100)
        .startsWith(algorithm == Algorithm.GZIP ? GZIP : ZSTD);
  }

  @ParameterizedTest
  @EnumSource
  void whatWouldNotShrinkStaysAsItIs(Algorithm algorithm) {
    byte[] noise = new byte[5_000];
    Seeded.random().nextBytes(noise);

    assertThat(serde(algorithm, 0, 10_000).serialize(noise, CONTEXT))
        .hasSize(5_001)
        .startsWith(PLAIN)
        .endsWith(noise);
  }

  @Test
  void eitherReadsWhatTheOtherWrote() {
    byte[] payload = new byte[5_000];
    Serde<byte[]> gzip = Serde.bytes().gzip();
    Serde<byte[]> zstd = Serde.bytes().zstd();

    assertThat(zstd.deserialize(gzip.serialize(payload, CONTEXT), CONTEXT)).isEqualTo(payload);
    assertThat(gzip.deserialize(zstd.serialize(payload, CONTEXT), CONTEXT)).isEqualTo(payload);
  }

  @Test
  void isNeverJson() {
    assertThat(Serde.json(String.class).gzip().isJson()).isFalse();
    assertThat(Serde.json(String.class).zstd().isJson()).isFalse();
  }

  @Test
  void gzipIsWhatOthersCallGzip() throws IOException {
    byte[] payload = payload(Seeded.random(), 50_000);
    byte[] ours = Serde.bytes().gzip().serialize(payload, CONTEXT);
    byte[] theirs = gzipped(payload);

    try (GZIPInputStream in =
        new GZIPInputStream(new ByteArrayInputStream(ours, 1, ours.length - 1))) {
      assertThat(in.readAllBytes()).isEqualTo(payload);
    }
    assertThat(Serde.bytes().gzip().deserialize(marked(GZIP, theirs), CONTEXT)).isEqualTo(payload);
  }

  @ParameterizedTest
  @EnumSource
  void theLargestSizeHoldsInBothDirections(Algorithm algorithm) {
    Serde<byte[]> roomy = serde(algorithm, 0, 10_000);
    Serde<byte[]> tight = serde(algorithm, 0, 1_000);

    assertThat(tight.deserialize(roomy.serialize(new byte[1_000], CONTEXT), CONTEXT))
        .hasSize(1_000);
    unreadable(
        () -> tight.serialize(new byte[1_001], CONTEXT),
        "payload of 1001 bytes is larger than the 1000 allowed");
    byte[] tooLarge = roomy.serialize(new byte[1_001], CONTEXT);
    unreadable(
        () -> tight.deserialize(tooLarge, CONTEXT),
        "payload of "
            + tooLarge.length
            + " bytes does not decompress: 1001 bytes, more than the"
            + " 1000 allowed");
    unreadable(
        () -> tight.deserialize(new byte[1_002], CONTEXT),
        "payload of 1001 bytes is larger than the 1000 allowed");
  }

  @Test
  void truncatedAndEmptyInputIsRefused() {
    for (Algorithm algorithm : Algorithm.values()) {
      Serde<byte[]> serde = serde(algorithm, 0, 10_000);
      byte[] bytes = serde.serialize(payload(new Random(1), 3_000), CONTEXT);
      for (int length = 0; length < bytes.length; length++) {
        byte[] cut = Arrays.copyOf(bytes, length);
        assertThatThrownBy(() -> serde.deserialize(cut, CONTEXT))
            .as("%s cut to %d", algorithm, length)
            .isInstanceOf(SerdeException.class);
      }
      byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
      assertThatThrownBy(() -> serde.deserialize(longer, CONTEXT))
          .isInstanceOf(SerdeException.class);
    }
    unreadable(
        () -> Serde.bytes().gzip().deserialize(new byte[0], CONTEXT),
        "compressed payload is empty, without its marker");
    unreadable(
        () -> Serde.bytes().gzip().deserialize(new byte[] {'{', '}'}, CONTEXT),
        "payload of 2 bytes does not decompress: no marker of a compressed payload");
  }

  @Test
  void nothingMayHideBesideTheCompressedBytes() {
    byte[] gzip = serde(Algorithm.GZIP, 0, 10_000).serialize(new byte[3_000], CONTEXT);
    byte[] zstd = serde(Algorithm.ZSTD, 0, 10_000).serialize(new byte[3_000], CONTEXT);
    byte[] beforeTheTrailer = Arrays.copyOf(gzip, gzip.length + 1);
    System.arraycopy(gzip, gzip.length - 8, beforeTheTrailer, gzip.length - 7, 8);
    byte[] skippableFrame = Arrays.copyOf(zstd, zstd.length + 8);
    System.arraycopy(new byte[] {0x50, 0x2a, 0x4d, 0x18}, 0, skippableFrame, zstd.length, 4);

    unreadable(
        () -> Serde.bytes().gzip().deserialize(beforeTheTrailer, CONTEXT),
        "payload of "
            + beforeTheTrailer.length
            + " bytes does not decompress: other length than"
            + " it says");
    unreadable(
        () -> Serde.bytes().zstd().deserialize(skippableFrame, CONTEXT),
        "payload of "
            + skippableFrame.length
            + " bytes does not decompress: not one whole zstd"
            + " frame");
  }

  @Test
  void gzipIsNotCutToTheSizeItSays() {
    byte[] gzip = serde(Algorithm.GZIP, 0, 10_000).serialize(new byte[3_000], CONTEXT);
    CRC32 checksum = new CRC32();
    checksum.update(new byte[2_999]);
    ByteBuffer.wrap(gzip)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(gzip.length - 8, (int) checksum.getValue())
        .putInt(gzip.length - 4, 2_999);

    unreadable(
        () -> Serde.bytes().gzip().deserialize(gzip, CONTEXT),
        "payload of " + gzip.length + " bytes does not decompress: other length than it says");
  }

  @ParameterizedTest
  @EnumSource
  void mutatedBytesAreRefusedOrReadAsTheyWere(Algorithm algorithm) {
    Random random = Seeded.random();
    Serde<byte[]> serde = serde(algorithm, 0, 10_000);
    byte[] payload = payload(random, 3_000);
    byte[] valid = serde.serialize(payload, CONTEXT);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] mutant = Seeded.mutated(random, valid);
      try {
        byte[] read = serde.deserialize(mutant, CONTEXT);
        if (mutant[0] != PLAIN) {
          assertThat(read).isEqualTo(payload);
        }
      } catch (SerdeException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(15_000);
  }

  @Test
  void noiseIsRefused() {
    Random random = Seeded.random();
    Serde<byte[]> serde = Serde.bytes().gzip();
    for (int i = 0; i < 20_000; i++) {
      byte[] noise = new byte[1 + random.nextInt(200)];
      random.nextBytes(noise);
      noise[0] = (byte) (1 + random.nextInt(255));
      assertThatThrownBy(() -> serde.deserialize(noise, CONTEXT))
          .isInstanceOf(SerdeException.class);
    }
  }

  private static byte[] payload(Random random, int size) {
    byte[] payload = new byte[size];
    for (int i = 0; i < size; i++) {
      payload[i] = (byte) ('a' + random.nextInt(4));
    }
    return payload;
  }

  private static Serde<byte[]> serde(Algorithm algorithm, int threshold, int maxSize) {
    return Serde.bytes().compressed(new Compression(algorithm, threshold, maxSize));
  }

  private static byte[] gzipped(byte[] payload) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(payload);
    }
    return out.toByteArray();
  }

  private static byte[] marked(int marker, byte[] bytes) {
    byte[] marked = new byte[1 + bytes.length];
    marked[0] = (byte) marker;
    System.arraycopy(bytes, 0, marked, 1, bytes.length);
    return marked;
  }

  private static void refused(Runnable call, String text) {
    assertThatThrownBy(call::run).isInstanceOf(InvalidValueException.class).hasMessage(text);
  }

  private static void unreadable(Runnable call, String text) {
    assertThatThrownBy(call::run).isInstanceOf(SerdeException.class).hasMessage(text);
  }
}
