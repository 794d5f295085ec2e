package dev.tandem.testkit.internal.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.testkit.internal.resp.RespFramer.NotRespException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RespFramerTest {

  private static final List<String> FRAMES =
      List.of(
          "+OK\r\n",
          "-ERR no\r\n",
          ":12\r\n",
          "$-1\r\n",
          "$0\r\n\r\n",
          "$5\r\na\r\nbc\r\n",
          "*0\r\n",
          "*-1\r\n",
          "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
          "*3\r\n*2\r\n:1\r\n*1\r\n$1\r\nx\r\n$-1\r\n+z\r\n",
          "%1\r\n+key\r\n*2\r\n:1\r\n:2\r\n",
          "~2\r\n#t\r\n,1.5\r\n",
          ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\np\r\n",
          "|1\r\n+ttl\r\n:3\r\n$1\r\nv\r\n",
          "_\r\n",
          "=6\r\ntxt:ab\r\n",
          "(123456789012345678901234567890\r\n",
          "!5\r\nERR x\r\n",
          "PING\r\n",
          "\r\n",
          "\n");

  @Test
  void findsTheEndOfEveryFrameHoweverTheBytesArrive() {
    long seed = System.nanoTime();
    System.out.println("RespFramerTest seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      StringBuilder stream = new StringBuilder();
      List<Integer> ends = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        stream.append(FRAMES.get(random.nextInt(FRAMES.size())));
        ends.add(stream.length());
      }
      byte[] bytes = stream.toString().getBytes(StandardCharsets.ISO_8859_1);
      RespFramer framer = new RespFramer();
      List<Integer> found = new ArrayList<>();
      for (int from = 0; from < bytes.length; ) {
        int to = Math.min(bytes.length, from + 1 + random.nextInt(9));
        ByteBuffer piece = ByteBuffer.wrap(bytes, from, to - from);
        while (framer.advance(piece)) {
          found.add(piece.position());
        }
        assertThat(piece.hasRemaining()).isFalse();
        from = to;
      }
      assertThat(found).as(stream.toString()).isEqualTo(ends);
    }
  }

  @Test
  void joinsTheTextsOfARequest() {
    assertThat(text("*3\r\n$3\r\nSET\r\n$3\r\na b\r\n$2\r\n\u00e9\u00ff\r\n"))
        .isEqualTo("SET a b \u00e9\u00ff");
    assertThat(text("*2\r\n$3\r\nGET\r\n$0\r\n\r\n")).isEqualTo("GET ");
    assertThat(text("PING now\r\n")).isEqualTo("PING now");
    assertThat(text("*0\r\n")).isEmpty();
  }

  @Test
  void keepsABoundedText() {
    String value = "x".repeat(100_000);
    assertThat(text("*2\r\n$3\r\nSET\r\n$100000\r\n" + value + "\r\n"))
        .hasSize(RespFramer.TEXT_LIMIT)
        .startsWith("SET xxx");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$abc\r\n",
        "*2\r\nPING\r\n",
        "*99999999999999999999999\r\n",
        "$99999999999\r\n",
        "*?\r\n"
      })
  void refusesWhatIsNoResp(String bytes) {
    assertThatThrownBy(() -> text(bytes)).isInstanceOf(NotRespException.class);
  }

  private static String text(String bytes) {
    RespFramer framer = new RespFramer();
    assertThat(framer.advance(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1))))
        .isTrue();
    return framer.text();
  }
}
