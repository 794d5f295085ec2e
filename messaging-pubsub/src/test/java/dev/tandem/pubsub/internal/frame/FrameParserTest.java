package dev.tandem.pubsub.internal.frame;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.api.error.InvalidValueException;
import java.nio.charset.Charset;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameParserTest {
  private static byte[] frame(OutgoingMessage... messages) {
    FrameBody body = FrameBody.of("acme", "board", "web-1", "n1", List.of(messages));
    byte[] head =
        ("{\"version\":41,\"count\":"
                + messages.length
                + ",\"epoch\":\"e1\",\"previous\":\"p1\",\"timestamp\":1790000000000,")
            .getBytes(UTF_8);
    byte[] all = Arrays.copyOf(head, head.length + body.bytes().length);
    System.arraycopy(body.bytes(), 0, all, head.length, body.bytes().length);
    return all;
  }

  private static OutgoingMessage json(String id, String payload) {
    return OutgoingMessage.of(id, Message.of("t", payload), payload.getBytes(UTF_8), true);
  }

  @Test
  void aFleetingFrameIsWholeWithoutTheServer() throws Exception {
    byte[] bytes =
        FrameBody.fleetingFrame(
            "acme", "board", "web-1", "n1", 1_790_000_000_123L, List.of(json("i-1", "1")));
    Frame frame = FrameParser.parse(bytes);
    assertThat(frame.before()).isNull();
    assertThat(frame.timestamp()).isEqualTo(Instant.ofEpochMilli(1_790_000_000_123L));
    assertThat(frame.nonce()).isEqualTo("n1");
    assertThat(frame.messages()).extracting(FrameMessage::id).containsExactly(MessageId.of("i-1"));
  }

  @Test
  void aMessageExpiresByTheServersClockAndThenByOurs() throws Exception {
    Message<String> expiring = Message.of("t", "").expiresAfter(Duration.ofSeconds(2));
    Frame frame =
        FrameParser.parse(
            frame(json("i-1", "1"), OutgoingMessage.of("i-2", expiring, new byte[] {'2'}, true)));
    assertThat(frame.messages())
        .extracting(FrameMessage::ttlMillis)
        .containsExactly(0L, Duration.ofSeconds(2).toMillis());
    long now = System.nanoTime();
    long second = Duration.ofSeconds(1).toNanos();
    Frame read = frame.readAt(frame.timestamp().toEpochMilli() + 1_500, now);
    assertThat(read.isExpired(1, now)).isFalse();
    assertThat(read.isExpired(1, now + second / 4)).isFalse();
    assertThat(read.isExpired(1, now + second / 2)).isTrue();
    assertThat(read.isExpired(0, now + 1_000_000 * second)).isFalse();
    Frame clockWentBack = frame.readAt(frame.timestamp().toEpochMilli() - 5_000, now);
    assertThat(clockWentBack.isExpired(1, now)).isFalse();
    assertThat(clockWentBack.isExpired(1, now + 2 * second)).isTrue();
  }

  @Test
  void readsWhatWasWritten() throws Exception {
    Message<String> rich =
        Message.of("typ\u00fc \"x\"", "")
            .key("\\key\u2028")
            .header("a", "\"1\"")
            .header("b", "\ud83d\ude00");
    byte[] bytes = {1, 2, -3};
    Frame frame =
        FrameParser.parse(
            frame(
                json("i-1", "{\"a\":[1,2,{\"b\":\"}]\"}]}"),
                OutgoingMessage.of("i-2", rich, bytes, false)));
    assertThat(frame.start()).isEqualTo(new Position("e1", 40, "p1"));
    assertThat(frame.finish()).isEqualTo(new Position("e1", 42, "n1"));
    assertThat(frame.positionOf(0)).isEqualTo(new Position("e1", 41, "n1"));
    assertThat(frame.tenant()).isEqualTo("acme");
    assertThat(frame.channel()).isEqualTo("board");
    assertThat(frame.instanceId()).isEqualTo("web-1");
    assertThat(frame.timestamp().toEpochMilli()).isEqualTo(1790000000000L);
    FrameMessage first = frame.messages().get(0);
    assertThat(first.id().value()).isEqualTo("i-1");
    assertThat(first.payload()).asString(UTF_8).isEqualTo("{\"a\":[1,2,{\"b\":\"}]\"}]}");
    assertThat(first.key()).isNull();
    FrameMessage second = frame.messages().get(1);
    assertThat(second.type()).isEqualTo(rich.type());
    assertThat(second.key()).isEqualTo(rich.key());
    assertThat(second.headers()).isEqualTo(rich.headers());
    assertThat(second.payload()).isEqualTo(bytes);
  }

  @Test
  void whatAllMessagesShareStandsInTheFrameOnce() throws Exception {
    byte[] text = "some \"text\"".getBytes(UTF_8);
    byte[] bytes =
        frame(
            OutgoingMessage.of("i-9", Message.of("t", ""), text, false),
            OutgoingMessage.of("i-10", Message.of("t", "").key("k"), text, false),
            OutgoingMessage.of("i-11", Message.of("t", ""), text, false));
    assertThat(bytes)
        .asString(UTF_8)
        .contains(
            "\"type\":\"t\",\"encoding\":\"text\",\"firstId\":\"i-9\",\"messages\":[{\"data\":")
        .contains(",{\"key\":\"k\",\"data\":")
        .containsOnlyOnce("\"type\"")
        .containsOnlyOnce("\"encoding\"");
    Frame frame = FrameParser.parse(bytes);
    assertThat(frame.messages())
        .extracting(m -> m.id().value())
        .containsExactly("i-9", "i-10", "i-11");
    assertThat(frame.messages()).extracting(FrameMessage::type).containsOnly("t");
    assertThat(frame.messages()).extracting(FrameMessage::payload).containsOnly(text);
  }

  @Test
  void messagesOfAnyKindsTogetherAreReadAsTheyWere() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[][] payloads = {bytes("7"), bytes("text"), {0, 1, -1, -2, -3}, bytes("{\"a\":[]}")};
    for (int round = 0; round < 5_000; round++) {
      int kinds = 1 + random.nextInt(2);
      OutgoingMessage[] sent = new OutgoingMessage[1 + random.nextInt(4)];
      String[] expected = new String[sent.length];
      int id = random.nextInt(120);
      for (int i = 0; i < sent.length; i++) {
        id += random.nextInt(10) == 0 ? 2 : 1;
        String name = (random.nextInt(20) == 0 ? "i" : "i-") + id;
        Message<String> message = Message.of("t" + random.nextInt(kinds), "");
        if (random.nextInt(3) == 0) {
          message = message.key("k").header("h", "v").expiresAfter(Duration.ofMillis(5));
        }
        int which = random.nextInt(kinds) * random.nextInt(payloads.length);
        boolean isJson = which % 3 == 0;
        sent[i] = OutgoingMessage.of(name, message, payloads[which], isJson);
        expected[i] = name + message.type() + message.key() + message.headers() + which;
      }
      Frame frame = FrameParser.parse(frame(sent));
      for (int i = 0; i < sent.length; i++) {
        FrameMessage read = frame.messages().get(i);
        String which = expected[i].substring(expected[i].length() - 1);
        assertThat(read.id().value() + read.type() + read.key() + read.headers() + which)
            .as("seed %d, round %d", seed, round)
            .isEqualTo(expected[i]);
        assertThat(read.payload())
            .as("seed %d, round %d", seed, round)
            .isEqualTo(payloads[Integer.parseInt(which)]);
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "7", "i-", "i-x", "i-07", "i-1234567890123456789", "\\n-1"})
  void aFirstIdThatCannotBeCountedOnIsRefused(String firstId) {
    String good = new String(frame(json("i-1", "1"), json("i-2", "2")), UTF_8);
    assertThat(good).contains("\"firstId\":\"i-1\"");
    byte[] bad = good.replace("\"i-1\"", '"' + firstId + '"').getBytes(UTF_8);
    assertThatThrownBy(() -> FrameParser.parse(bad)).isInstanceOf(FrameFormatException.class);
  }

  @Test
  void idsThatWouldGrowTooLongAreNotCountedOn() throws Exception {
    String prefix = "x".repeat(MessageId.MAX_LENGTH - 2) + '-';
    String good = new String(frame(json("i-1", "1"), json("i-2", "2")), UTF_8);
    byte[] bad = good.replace("\"i-1\"", '"' + prefix + "9\"").getBytes(UTF_8);
    assertThatThrownBy(() -> FrameParser.parse(bad)).isInstanceOf(FrameFormatException.class);
    byte[] fits = good.replace("\"i-1\"", '"' + prefix + "8\"").getBytes(UTF_8);
    assertThat(FrameParser.parse(fits).messages().get(1).id().value()).isEqualTo(prefix + '9');
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-12.5e+10",
        "true",
        "null",
        "\"\"",
        "\"text with \\\" and \u00fc\"",
        "[]",
        "{}",
        " { \"a\" : 1 } ",
        "\"\ud83d\ude00\"",
        "123456789012345678901234567890"
      })
  void keepsTheBytesOfAnyJsonValue(String payload) throws Exception {
    Frame frame = FrameParser.parse(frame(json("1", payload), json("2", payload)));
    for (FrameMessage message : frame.messages()) {
      assertThat(message.payload()).asString(UTF_8).isEqualTo(payload.strip());
    }
  }

  @Test
  void whatIsTextTravelsAsText() throws Exception {
    for (String text :
        List.of("", "hello", "say \"hi\"\n\u00fc \ud83d\ude00", "a\u0000bcdefghijklmnop")) {
      byte[] frame =
          frame(OutgoingMessage.of("1", Message.of("t", ""), text.getBytes(UTF_8), false));
      assertThat(frame).asString(UTF_8).contains("\"encoding\":\"text\"");
      assertThat(FrameParser.parse(frame).messages().get(0).payload())
          .asString(UTF_8)
          .isEqualTo(text);
    }
  }

  @Test
  void whatIsLongerAsTextTravelsInBase64() throws Exception {
    byte[] controls = new byte[50];
    byte[] frame = frame(OutgoingMessage.of("1", Message.of("t", ""), controls, false));
    assertThat(frame).asString(UTF_8).contains("\"encoding\":\"base64\"");
    assertThat(FrameParser.parse(frame).messages().get(0).payload()).isEqualTo(controls);
  }

  @Test
  void idsOfTheHeadWin() throws Exception {
    String text = new String(frame(json("own", "1"), json("own", "2")), UTF_8);
    Frame frame =
        FrameParser.parse(
            text.replace("\"tenant\"", "\"ids\":[\"1-0\",\"1-1\"],\"tenant\"").getBytes(UTF_8));
    assertThat(frame.messages()).extracting(m -> m.id().value()).containsExactly("1-0", "1-1");
    OutgoingMessage anonymous =
        OutgoingMessage.of(null, Message.of("t", 1), "1".getBytes(UTF_8), true);
    byte[] without = frame(anonymous);
    assertThatThrownBy(() -> FrameParser.parse(without)).isInstanceOf(FrameFormatException.class);
  }

  @Test
  void unknownMembersAndAnyOrderAreFine() throws Exception {
    Frame frame =
        FrameParser.parse(
            """
            {"messages":[{"new":[1],"data":{"x":1},"type":"t","id":"1","headers":{}}],"x":{"y":[]},
             "nonce":"n","instanceId":"i","channel":"c","tenant":"a","timestamp":1,"count":1}
            """
                .getBytes(UTF_8));
    assertThat(frame.isRecoverable()).isFalse();
    assertThat(frame.positionOf(0)).isNull();
    assertThat(frame.messages().get(0).payload()).asString(UTF_8).isEqualTo("{\"x\":1}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "null",
        "[]",
        "{}",
        "\"x\"",
        "{\"count\":1}",
        "hello",
        "{\"messages\":[]}",
        "{\"messages\":7}",
        "{\"version\":\"1\"}",
        "{\"version\":1e3}",
        "{\"version\":99999999999999999999}",
        "\u0000\u0001"
      })
  void refusesWhatIsNoFrame(String text) {
    assertThatThrownBy(() -> FrameParser.parse(text.getBytes(UTF_8)))
        .isInstanceOf(FrameFormatException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"version\":41->\"version\":0",
        "\"version\":41->\"version\":9007199254740991",
        "\"version\":41->\"version\":1",
        "\"count\":1->\"count\":2",
        "\"epoch\":\"e1\"->\"epoch\":\"E1\"",
        "\"epoch\":\"e1\",->",
        "\"previous\":\"p1\"->\"previous\":\"\"",
        "\"nonce\":\"n1\"->\"nonce\":\"\"",
        "\"timestamp\":1790000000000->\"timestamp\":-1",
        "\"tenant\":\"acme\",->",
        "\"type\":\"t\",->",
        "\"data\":1->\"data\":\"!\",\"encoding\":\"base64\"",
        "\"data\":1->\"data\":1,\"encoding\":\"rot13\"",
        "\"data\":1->\"data\":\"x\",\"encoding\":\"rot13\"",
        "\"data\":1->\"data\":1,\"encoding\":\"text\"",
        "\"data\":1->\"data\":\"\\ud83d\",\"encoding\":\"text\"",
        "\"data\":1->\"ttl\":0,\"data\":1",
        "\"data\":1->\"ttl\":\"5\",\"data\":1",
        "\"data\":1->\"x\":1"
      })
  void refusesFramesThatContradictThemselves(String change) {
    String[] parts = change.split("->", -1);
    String good = new String(frame(json("1", "1")), UTF_8);
    assertThat(good).contains(parts[0]);
    byte[] bad = good.replace(parts[0], parts[1]).getBytes(UTF_8);
    assertThatThrownBy(() -> FrameParser.parse(bad)).isInstanceOf(FrameFormatException.class);
  }

  @Test
  void cutAndAlteredFramesNeverThrowAnythingElse() {
    byte[] good =
        frame(
            json("1", "{\"a\":[1,2,3],\"b\":\"\u00fc\"}"),
            OutgoingMessage.of(
                "2", Message.of("t", "").key("k").header("h", "v"), new byte[] {1, 2, 3}, false));
    for (int length = 0; length < good.length; length++) {
      assertRefused(Arrays.copyOf(good, length));
    }
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 20_000; round++) {
      byte[] altered = good.clone();
      for (int i = random.nextInt(3); i >= 0; i--) {
        altered[random.nextInt(altered.length)] = (byte) random.nextInt(256);
      }
      try {
        assertThat(FrameParser.parse(altered).messages()).isNotEmpty();
      } catch (FrameFormatException expected) {
        assertThat(expected).hasMessageNotContaining("{");
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", round " + round, e);
      }
    }
  }

  private static void assertRefused(byte[] bytes) {
    assertThatThrownBy(() -> FrameParser.parse(bytes)).isInstanceOf(FrameFormatException.class);
  }

  @Test
  void whatCanBeSentCanBeRead() throws Exception {
    int deepest = 0;
    for (int depth = 480; depth < 520; depth++) {
      String payload = "[".repeat(depth) + "]".repeat(depth);
      try {
        byte[] sent = frame(json("1", payload));
        deepest = depth;
        assertThat(FrameParser.parse(sent).messages().get(0).payload()).hasSize(2 * depth);
      } catch (InvalidValueException refused) {
        assertThat(refused).hasMessageContaining("payload");
      }
    }
    assertThat(deepest).isBetween(490, 510);
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16BE", "UTF-16LE", "UTF-16", "UTF-32BE", "UTF-32LE", "UTF-32"})
  void refusesOtherEncodingsThanItsOwn(String charset) {
    String good = new String(frame(json("1", "{\"a\":1}")), UTF_8);
    assertRefused(good.getBytes(Charset.forName(charset)));
  }

  @Test
  void refusesAByteOrderMark() {
    String good = new String(frame(json("1", "{\"a\":1}")), UTF_8);
    assertRefused(('\ufeff' + good).getBytes(UTF_8));
  }
}
