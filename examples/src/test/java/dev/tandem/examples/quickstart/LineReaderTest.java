package dev.tandem.examples.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineReaderTest {

  @Test
  void splitsAtLineFeedsOnlyAndKeepsTheLastLineWithoutOne() throws IOException {
    assertThat(lines("a\n\nb\r\nc", 10)).containsExactly("a", "", "b\r", "c");
  }

  @Test
  void hasNoLineAfterAFinalLineFeed() throws IOException {
    assertThat(lines("a\n", 10)).containsExactly("a");
    assertThat(lines("", 10)).isEmpty();
    assertThat(lines("\n", 10)).containsExactly("");
  }

  @Test
  void takesALineOfTheLongestLengthAndCutsLongerOnes() throws IOException {
    assertThat(lines("abcd\nabcde\nab\n", 4)).containsExactly("abcd", "abcd (too long)", "ab");
  }

  @Test
  void holdsNoMoreOfAnEndlessLineThanIsAllowed() throws IOException {
    long length = 3L << 30;
    LineReader reader = new LineReader(new Endless(length), 1_000);

    LineReader.Line line = Objects.requireNonNull(reader.read());

    assertThat(line.tooLong()).isTrue();
    assertThat(line.bytes()).hasSize(1_000);
    assertThat(reader.read()).isNull();
  }

  @Test
  void agreesWithSplittingTheWholeTextHoweverItArrives() throws IOException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      StringBuilder text = new StringBuilder();
      int length = random.nextInt(300_000 / (round + 1) + 10);
      for (int i = 0; i < length; i++) {
        text.append(random.nextInt(20) == 0 ? '\n' : (char) ('a' + random.nextInt(26)));
      }
      List<String> expected = new ArrayList<>(List.of(text.toString().split("\n", -1)));
      if (expected.get(expected.size() - 1).isEmpty()) {
        expected.remove(expected.size() - 1);
      }
      InputStream trickle = new Trickle(text.toString().getBytes(UTF_8), random);
      assertThat(lines(trickle, 1_000_000))
          .as("seed %d, round %d", seed, round)
          .isEqualTo(expected);
    }
  }

  private static List<String> lines(String text, int longest) throws IOException {
    return lines(new ByteArrayInputStream(text.getBytes(UTF_8)), longest);
  }

  private static List<String> lines(InputStream in, int longest) throws IOException {
    LineReader reader = new LineReader(in, longest);
    List<String> lines = new ArrayList<>();
    for (var line = reader.read(); line != null; line = reader.read()) {
      lines.add(new String(line.bytes(), UTF_8) + (line.tooLong() ? " (too long)" : ""));
    }
    return lines;
  }

  /** Gives as much as it likes at a time. */
  private static final class Trickle extends ByteArrayInputStream {
    private final Random random;

    Trickle(byte[] bytes, Random random) {
      super(bytes);
      this.random = random;
    }

    @Override
    public synchronized int read(byte[] into, int offset, int length) {
      return super.read(into, offset, Math.min(length, 1 + random.nextInt(5_000)));
    }
  }

  /** So many bytes without a line feed. */
  private static final class Endless extends InputStream {
    private long left;

    Endless(long length) {
      this.left = length;
    }

    @Override
    public int read() {
      return left-- > 0 ? 'x' : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      if (left <= 0) {
        return -1;
      }
      int given = (int) Math.min(length, left);
      left -= given;
      return given;
    }
  }
}
