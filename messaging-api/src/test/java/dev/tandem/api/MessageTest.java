package dev.tandem.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MessageTest {
  @Test
  void holdsWhatItWasGiven() {
    Message<Integer> message =
        Message.of("order.placed", 7).key("c-1").header("trace", "t1").header("user", "u1");

    assertThat(message.type()).isEqualTo("order.placed");
    assertThat(message.payload()).isEqualTo(7);
    assertThat(message.key()).isEqualTo("c-1");
    assertThat(message.headers().asMap())
        .containsExactly(Map.entry("trace", "t1"), Map.entry("user", "u1"));
  }

  @Test
  void hasNeitherKeyNorHeadersUnlessGiven() {
    Message<Integer> message = Message.of("t", 7);

    assertThat(message.key()).isNull();
    assertThat(message.headers()).isSameAs(Headers.none());
  }

  @Test
  void changesMakeCopies() {
    Message<Integer> plain = Message.of("t", 7);
    Message<Integer> keyed = plain.key("k");
    Message<Integer> headed = keyed.headers(Headers.of(Map.of("a", "1")));

    assertThat(plain.key()).isNull();
    assertThat(keyed.headers().isEmpty()).isTrue();
    assertThat(headed.key()).isEqualTo("k");
    assertThat(headed.headers().get("a")).contains("1");
  }

  @Test
  void headersOfAReceivedMessageMayBePassedOnWithoutTheReservedOnes() {
    Headers received = Headers.received(Map.of("tandem-deliveries", "3", "trace", "t1"));

    assertThat(Message.of("t", 7).headers(received).headers().asMap())
        .containsExactly(Map.entry("trace", "t1"));
    assertThat(Message.of("t", 7).headers(Headers.received(Map.of("tandem-x", "1"))).headers())
        .isSameAs(Headers.none());
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void whateverAnotherProgramWroteCanBeReceived() {
    Headers headers = Headers.received(Map.of("tandem-x", "1"));
    Message<Integer> message = Message.received("", 7, "k\n".repeat(1_000), headers);

    assertThat(message.type()).isEmpty();
    assertThat(message.key()).hasSize(2_000);
    assertThat(message.headers()).isSameAs(headers);
    assertThat(Message.received("t", 7, null, headers).key()).isNull();
    refused(() -> Message.received(null, 7, null, headers), "message type was null: must be given");
    refused(() -> Message.received("", null, null, headers), "payload was null: must be given");
    refused(() -> Message.received("", 7, null, null), "headers was null: must be given");
  }

  @Test
  void keepsItsTimeToLiveInWholeMilliseconds() {
    Message<Integer> message = Message.of("t", 7).expiresAfter(Duration.ofNanos(1_999_999));

    assertThat(Message.of("t", 7).timeToLive()).isNull();
    assertThat(message.timeToLive()).isEqualTo(Duration.ofMillis(1));
    assertThat(message.key("k").header("a", "1").headers(Headers.none()).timeToLive())
        .isEqualTo(Duration.ofMillis(1));
    assertThat(message)
        .isEqualTo(Message.of("t", 7).expiresAfter(Duration.ofMillis(1)))
        .hasSameHashCodeAs(Message.of("t", 7).expiresAfter(Duration.ofMillis(1)));
    assertThat(message.expiresAfter(Duration.ofDays(365)).timeToLive()).hasDays(365);
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void refusesTimesToLiveOutOfRange() {
    Message<Integer> message = Message.of("t", 7);
    refused(
        () -> message.expiresAfter(Duration.ZERO),
        "time to live was PT0S: must be PT0.001S to PT8760H");
    refused(
        () -> message.expiresAfter(Duration.ofDays(365).plusNanos(1)),
        "time to live was PT8760H0.000000001S: must be PT0.001S to PT8760H");
    refused(
        () -> message.expiresAfter(Duration.ofSeconds(-1)),
        "time to live was PT-1S: must be PT0.001S to PT8760H");
    refused(() -> message.expiresAfter(null), "time to live was null: must be given");
  }

  @Test
  void equalsByAllParts() {
    Message<Integer> message = Message.of("t", 7).key("k").header("a", "1");

    assertThat(message)
        .isEqualTo(Message.of("t", 7).key("k").header("a", "1"))
        .hasSameHashCodeAs(Message.of("t", 7).key("k").header("a", "1"))
        .isNotEqualTo(Message.of("u", 7).key("k").header("a", "1"))
        .isNotEqualTo(Message.of("t", 8).key("k").header("a", "1"))
        .isNotEqualTo(Message.of("t", 7).header("a", "1"))
        .isNotEqualTo(Message.of("t", 7).key("k"))
        .isNotEqualTo(message.expiresAfter(Duration.ofMillis(1)))
        .isNotEqualTo("t");
  }

  @Test
  void printsEverythingButThePayloadAndHeaderValues() {
    assertThat(Message.of("t", "secret").key("k").header("a", "private"))
        .hasToString("Message[type=t, key=k, Headers[a]]");
    assertThat(Message.of("t", "secret").expiresAfter(Duration.ofSeconds(1)))
        .hasToString("Message[type=t, key=null, Headers[], expires after PT1S]");
  }

  @Test
  void takesTypesAndKeysUpToTheirLimits() {
    assertThat(Message.of("t".repeat(256), 7).key("k".repeat(1_024)).type()).hasSize(256);
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void refusesBadTypesKeysAndPayloads() {
    refused(() -> Message.of(null, 7), "message type was null: must be given");
    refused(() -> Message.of("", 7), "message type was '': must be 1 to 256 characters long");
    refused(
        () -> Message.of("t".repeat(257), 7),
        "message type was '"
            + "t".repeat(80)
            + "'… (257 characters): must be 1 to 256 characters long");
    refused(
        () -> Message.of("a\nb", 7),
        "message type was 'a\\u000ab': must not contain control characters");
    refused(
        () -> Message.of("a\ud800", 7),
        "message type was 'a\\ud800': must not contain half a surrogate pair");
    refused(() -> Message.of("t", null), "payload was null: must be given");
    Message<Integer> message = Message.of("t", 7);
    refused(() -> message.key(""), "message key was '': must be 1 to 1024 characters long");
    refused(() -> message.key(null), "message key was null: must be given");
    refused(() -> message.headers(null), "headers was null: must be given");
  }

  private static void refused(Runnable call, String text) {
    assertThatThrownBy(call::run).isInstanceOf(InvalidValueException.class).hasMessage(text);
  }
}
