package dev.tandem.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeadersTest {
  @Test
  void noneIsEmpty() {
    assertThat(Headers.none().isEmpty()).isTrue();
    assertThat(Headers.none().size()).isZero();
    assertThat(Headers.of(Map.of())).isSameAs(Headers.none());
    assertThat(Headers.received(Map.of())).isSameAs(Headers.none());
  }

  @Test
  void keepsTheOrderOfInsertionAndReplacesInPlace() {
    Headers headers = Headers.none().with("z", "1").with("a", "2").with("m", "3").with("z", "4");
    List<String> seen = new ArrayList<>();
    headers.forEach((name, value) -> seen.add(name + "=" + value));

    assertThat(seen).containsExactly("z=4", "a=2", "m=3");
    assertThat(headers).hasToString("Headers[z, a, m]");
    assertThat(headers.size()).isEqualTo(3);
  }

  @Test
  void namesAreCaseSensitive() {
    assertThat(Headers.none().with("Trace", "1").get("trace")).isEmpty();
    assertThat(Headers.none().with("Trace", "1").get("Trace")).contains("1");
  }

  @Test
  void isACopyAndAView() {
    Map<String, String> source = new LinkedHashMap<>(Map.of("a", "1"));
    Headers given = Headers.of(source);
    Headers received = Headers.received(source);
    source.put("b", "2");

    assertThat(given.asMap()).containsExactly(Map.entry("a", "1"));
    assertThat(received).isEqualTo(given).hasSameHashCodeAs(given);
    assertThatThrownBy(() -> given.asMap().put("c", "3"))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> received.asMap().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void takesAsManyAndAsLongAsTheLimitsSay() {
    Map<String, String> most = new LinkedHashMap<>();
    for (int i = 0; i < Headers.MAX_COUNT; i++) {
      most.put(i + "-".repeat(Headers.MAX_NAME - 2), "v".repeat(Headers.MAX_VALUE));
    }
    Headers full = Headers.of(most);

    assertThat(full.size()).isEqualTo(64);
    assertThat(full.with(most.keySet().iterator().next(), "other").size()).isEqualTo(64);
    refused(() -> full.with("more", "1"), "number of headers was 65: must be at most 64");
    most.put("more", "1");
    refused(() -> Headers.of(most), "number of headers was 65: must be at most 64");
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void refusesBadNamesAndValues() {
    refused(() -> set("", "v"), "header name was '': must be 1 to 128 characters long");
    refused(() -> set(null, "v"), "header name was null: must be given");
    refused(
        () -> set("a\tb", "v"),
        "header name was 'a\\u0009b': must not contain control" + " characters");
    refused(
        () -> set("tandem-x", "v"),
        "header name was 'tandem-x': names that begin with 'tandem-' are reserved");
    refused(
        () -> Headers.of(Map.of("tandem-x", "v")),
        "header name was 'tandem-x': names that begin with 'tandem-' are reserved");
    refused(() -> set("a", null), "value of header a was null: must be given");
    refused(() -> Headers.of(null), "headers was null: must be given");
  }

  @Test
  void neverShowsAValue() {
    refused(
        () -> set("a", "private".repeat(2_000)),
        "length of value of header a was 14000: must be 0 to 8192");
    refused(
        () -> set("a", "private\n"),
        "length of value of header a was 8: must not contain control characters");
    refused(
        () -> set("a", "private\udc00"),
        "length of value of header a was 8: must not contain half a surrogate pair");
  }

  @Test
  void readsWhateverAnotherProgramWrote() {
    Map<String, String> odd = new LinkedHashMap<>();
    odd.put("tandem-redelivered", "1");
    odd.put("", "line\nbreak");
    odd.put("long", "v".repeat(Headers.MAX_VALUE + 1));

    assertThat(Headers.received(odd).asMap()).isEqualTo(odd);
  }

  private static void set(String name, String value) {
    Headers unused = Headers.none().with(name, value);
  }

  private static void refused(Runnable call, String text) {
    assertThatThrownBy(call::run).isInstanceOf(InvalidValueException.class).hasMessage(text);
  }
}
