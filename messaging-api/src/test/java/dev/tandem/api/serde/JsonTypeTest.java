package dev.tandem.api.serde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTypeTest {
  @Test
  void namesAGenericType() {
    assertThat(new JsonType<Map<String, List<Integer>>>() {})
        .hasToString("java.util.Map<java.lang.String, java.util.List<java.lang.Integer>>");
    assertThat(new JsonType<String>() {}.type()).isEqualTo(String.class);
    assertThat(new JsonType<List<? extends Number>>() {})
        .hasToString("java.util.List<? extends java.lang.Number>");
    assertThat(new JsonType<List<String>[]>() {}).hasToString("java.util.List<java.lang.String>[]");
  }

  @Test
  void refusesVariablesWhereverTheyHide() {
    refused(JsonTypeTest::<String>bare, "JSON type was 'E': must not contain type variables");
    refused(
        JsonTypeTest::<String>listed,
        "JSON type was 'java.util.List<E>': must not contain type variables");
    refused(JsonTypeTest::<String>array, "JSON type was 'E[]': must not contain type variables");
    refused(
        JsonTypeTest::<String>wildcard,
        "JSON type was 'java.util.List<? super E>': must not contain type variables");
  }

  @Test
  void refusesSubclassesThatNameNone() {
    refused(
        Raw::new,
        "JSON type was 'dev.tandem.api.serde.JsonTypeTest$Raw': must extend JsonType directly and"
            + " name a type");
    refused(
        StringsAgain::new,
        "JSON type was 'dev.tandem.api.serde.JsonTypeTest$StringsAgain': must extend JsonType"
            + " directly and name a type");
  }

  @SuppressWarnings("rawtypes") // The mistake that is refused.
  private static final class Raw extends JsonType {}

  private static class Strings extends JsonType<String> {}

  private static final class StringsAgain extends Strings {}

  private static <E> JsonType<E> bare() {
    return new JsonType<E>() {};
  }

  private static <E> JsonType<List<E>> listed() {
    return new JsonType<List<E>>() {};
  }

  private static <E> JsonType<E[]> array() {
    return new JsonType<E[]>() {};
  }

  private static <E> JsonType<List<? super E>> wildcard() {
    return new JsonType<List<? super E>>() {};
  }

  private static void refused(Runnable call, String text) {
    assertThatThrownBy(call::run).isInstanceOf(InvalidValueException.class).hasMessage(text);
  }
}
