package dev.tandem.testkit.internal.resp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://127.0.0.1:6380",
        "redis://:p%40ss@host:1",
        "rediss://user:p%20w%2B@host:6379/3",
      })
  void readsWhatItWrites(String url) {
    assertThat(Endpoint.parse(url).url()).isEqualTo(url);
  }

  @Test
  void takesTheDefaultsOfRedis() {
    assertThat(Endpoint.parse("redis://host/")).isEqualTo(Endpoint.of("host", 6379));
  }

  @Test
  void decodesTheLogin() {
    Endpoint endpoint = Endpoint.parse("redis://us%3Aer:p%40ss+word@host");
    assertThat(endpoint.user()).isEqualTo("us:er");
    assertThat(endpoint.password()).isEqualTo("p@ss+word");
    assertThat(endpoint.toString()).isEqualTo("host:6379");
  }
}
