package dev.tandem.redis.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.error.UnavailableException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.util.KeyValue;

class RepliesTest {
  private static byte[] b(String text) {
    return text.getBytes(UTF_8);
  }

  @Test
  void readsText() {
    assertThat(Replies.text(b("grüße"))).isEqualTo("grüße");
    assertThat(Replies.text(7L)).isEqualTo("7");
    assertThat(Replies.text(5.0)).isEqualTo("5");
    assertThat(Replies.text(5.25)).isEqualTo("5.25");
    assertThat(Replies.text(1e300)).isEqualTo("1.0E300");
    assertThat(Replies.text(true)).isEqualTo("true");
    assertThat(Replies.textOrNull(null)).isNull();
    assertThat(Replies.textOrNull(b("x"))).isEqualTo("x");
  }

  @Test
  void readsNumbers() {
    assertThat(Replies.number(7L)).isEqualTo(7);
    assertThat(Replies.number(b("-12"))).isEqualTo(-12);
    assertThat(Replies.number(3.0)).isEqualTo(3);
    assertThat(Replies.number(true)).isEqualTo(1);
    assertThat(Replies.number(false)).isZero();
    for (Object no : Arrays.asList(b("x"), b(""), 1.5, Double.NaN, List.of(), null)) {
      assertThatThrownBy(() -> Replies.number(no))
          .isInstanceOf(ServerErrorException.class)
          .hasMessageContaining("should be a number");
    }
  }

  @Test
  void readsListsAndBytes() {
    assertThat(Replies.list(null)).isEmpty();
    assertThat(Replies.list(List.of(1L))).containsExactly(1L);
    assertThat(Replies.bytes(b("x"))).isEqualTo(b("x"));
    assertThatThrownBy(() -> Replies.list(7L)).hasMessageContaining("a list but is Long");
    assertThatThrownBy(() -> Replies.bytes(null)).hasMessageContaining("bytes but is nil");
  }

  @Test
  void readsEveryShapeOfAMap() {
    Map<String, Object> expected = Map.of("a", 1L, "b", 2L);

    assertThat(Replies.map(List.of(b("a"), 1L, b("b"), 2L))).isEqualTo(expected);
    assertThat(Replies.map(List.of(List.of(b("a"), 1L), List.of(b("b"), 2L)))).isEqualTo(expected);
    assertThat(Replies.map(List.of(new KeyValue<>(b("a"), 1L), new KeyValue<>(b("b"), 2L))))
        .isEqualTo(expected);
    assertThat(Replies.map(Map.of("a", 1L, "b", 2L))).isEqualTo(expected);
    assertThat(Replies.map(null)).isEmpty();
    assertThat(Replies.map(List.of())).isEmpty();
  }

  @Test
  void keepsOrderRepeatsAndValuesThatAreLists() {
    List<Object> two = List.of(1L, 2L);
    List<Replies.Pair> pairs = Replies.pairs(List.of(b("k"), two, b("k"), b("v")));

    assertThat(pairs).hasSize(2);
    assertThat(Replies.text(pairs.get(0).key())).isEqualTo("k");
    assertThat(pairs.get(0).value()).isEqualTo(two);
    assertThat(Replies.text(pairs.get(1).value())).isEqualTo("v");
  }

  @Test
  void refusesHalfAPair() {
    assertThatThrownBy(() -> Replies.pairs(List.of(b("a"), 1L, b("b"))))
        .hasMessageContaining("should be pairs");
  }

  @Test
  void throwsTheErrorThatStandsInPlaceOfAReply() {
    UnavailableException error = new UnavailableException("away", null);

    assertThatThrownBy(() -> Replies.orThrow(error)).isSameAs(error);
    assertThatThrownBy(() -> Replies.text(error)).isSameAs(error);
    assertThatThrownBy(() -> Replies.pairs(error)).isSameAs(error);
    assertThat(Replies.orThrow(null)).isNull();
    assertThat(Replies.orThrow(7L)).isEqualTo(7L);
  }

  @Test
  void showsAnErrorInsideAReply() {
    assertThatThrownBy(() -> Replies.text(new JedisDataException("WRONGTYPE no")))
        .isInstanceOfSatisfying(
            ServerErrorException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SERVER_ERROR))
        .hasMessageContaining("is an error: WRONGTYPE no");
  }
}
