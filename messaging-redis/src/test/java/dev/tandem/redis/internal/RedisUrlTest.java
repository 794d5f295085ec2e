package dev.tandem.redis.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedisUrlTest {
  private static final String SECRET = "s3cr3t";

  @ParameterizedTest
  @CsvSource({
    "redis://localhost,                 localhost,      6379, false, 0",
    "redis://localhost/,                localhost,      6379, false, 0",
    "redis://my_redis.svc-1.local:7000, my_redis.svc-1.local, 7000, false, 0",
    "rediss://cache:6380/3,             cache,          6380, true,  3",
    "REDISS://cache,                    cache,          6379, true,  0",
    "redis://10.0.0.7:1/15,             10.0.0.7,       1,    false, 15",
    "redis://[::1],                     ::1,            6379, false, 0",
    "redis://[2001:db8::7]:65535/999999, 2001:db8::7,   65535, false, 999999",
    "'  redis://padded  ',              padded,         6379, false, 0",
  })
  void readsEveryFormOfAddress(String text, String host, int port, boolean tls, int database) {
    RedisUrl url = RedisUrl.parse(text);

    assertThat(url).isEqualTo(new RedisUrl(host, port, tls, null, null, database));
  }

  @ParameterizedTest
  @CsvSource({
    "redis://:pw@h,              ,      pw",
    "redis://ann:pw@h,           ann,   pw",
    "redis://ann:@h,             ann,   ''",
    "redis://a%40b:p%3A%2F%25@h, a@b,   p:/%",
    "redis://ann:p+w%20x@h,      ann,   p+w x",
    "redis://ann:p@w:/#?x@h,     ann,   p@w:/#?x",
    "redis://ann:gr%C3%BC%C3%9Fe@h, ann, grüße",
  })
  void readsCredentials(String text, String user, String password) {
    RedisUrl url = RedisUrl.parse(text);

    assertThat(url.user()).isEqualTo(user);
    assertThat(url.password()).isEqualTo(password);
    assertThat(url.host()).isEqualTo("h");
  }

  @Test
  void readsNoCredentialsFromAnEmptyPlace() {
    assertThat(RedisUrl.parse("redis://:@h").password()).isNull();
    assertThat(RedisUrl.parse("redis://:@h").user()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "localhost:6379",
        "http://localhost",
        "redis:localhost",
        "redis://",
        "redis://:6379",
        "redis://host:",
        "redis://host:0",
        "redis://host:65536",
        "redis://host:123456",
        "redis://host:six",
        "redis://host:-1",
        "redis://::1",
        "redis://[::1",
        "redis://host/x",
        "redis://host/1/2",
        "redis://host/1234567",
        "redis://host?database=3",
        "redis://host#3",
        "redis://a b",
        "redis://a\nb",
      })
  void refusesWhatIsNoAddressAndSaysTheForm(String text) {
    assertThatThrownBy(() -> RedisUrl.parse(text))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageStartingWith("Redis URL was ")
        .hasMessageContaining("must be redis://[user:password@]host[:port][/database]")
        .hasNoCause();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://ann:" + SECRET + "@host:99999",
        "redis://ann:" + SECRET + "@ho st",
        "redis://ann:" + SECRET + "%zz@host",
        "redis://" + SECRET + "@host",
        "redis://ann:" + SECRET,
        "redis://:" + SECRET,
        "ann:" + SECRET + "@host:6379",
        "//ann:" + SECRET + "@host",
        "rediss//:" + SECRET + "@host",
        "redis://host?password=" + SECRET,
        "redis://host:6379/0?password=" + SECRET,
        "redis://host#" + SECRET,
        "redis://ann@host:" + SECRET,
        "redis://ann:x@" + SECRET + "@ho st",
        SECRET,
        "redis:" + SECRET,
      })
  void neverShowsWhatMayBeAPassword(String text) {
    assertThatThrownBy(() -> RedisUrl.parse(text))
        .isInstanceOf(InvalidValueException.class)
        .satisfies(
            error -> {
              assertThat(error.toString()).doesNotContain(SECRET);
              assertThat(error.getCause()).isNull();
            });
  }

  @Test
  void showsTheAddressOfARefusedUrl() {
    assertThatThrownBy(() -> RedisUrl.parse("redis://ann:" + SECRET + "@cache.local:99999"))
        .hasMessageContaining("cache.local:99999");
    assertThatThrownBy(() -> RedisUrl.parse("http://cache.local"))
        .hasMessageContaining("http://cache.local");
  }

  @Test
  @SuppressWarnings("NullAway") // null on purpose
  void refusesNull() {
    assertThatThrownBy(() -> RedisUrl.parse(null))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageStartingWith("Redis URL was null");
  }

  @Test
  void textIsAnAddressWithoutCredentials() {
    assertThat(RedisUrl.parse("rediss://ann:" + SECRET + "@[::1]:7/2"))
        .hasToString("rediss://[::1]:7/2");
    assertThat(RedisUrl.parse("redis://ann:" + SECRET + "@h")).hasToString("redis://h:6379");
  }

  @Test
  void takesTheUrlOfTheEnvironmentFirst() {
    assertThat(
            RedisUrl.fromEnvironment(
                Map.of("REDIS_URL", "redis://a:1", "REDIS_HOST", "b", "REDIS_PORT", "no number")))
        .hasToString("redis://a:1");
  }

  @Test
  void takesThePartsOfTheEnvironment() {
    assertThat(
            RedisUrl.fromEnvironment(
                Map.of(
                    "REDIS_URL", " ",
                    "REDIS_HOST", "cache",
                    "REDIS_PORT", " 7000 ",
                    "REDIS_USERNAME", "ann",
                    "REDIS_PASSWORD", "p@%",
                    "REDIS_DB", "4")))
        .isEqualTo(new RedisUrl("cache", 7000, false, "ann", "p@%", 4));
    assertThat(RedisUrl.fromEnvironment(Map.of("REDIS_HOST", "::1")))
        .hasToString("redis://[::1]:6379");
    assertThat(RedisUrl.fromEnvironment(Map.of("REDIS_HOST", "[::1]")))
        .hasToString("redis://[::1]:6379");
  }

  @Test
  void anEmptyEnvironmentMeansLocalhost() {
    RedisUrl local = new RedisUrl("localhost", 6379, false, null, null, 0);

    assertThat(RedisUrl.fromEnvironment(Map.of())).isEqualTo(local);
    assertThat(
            RedisUrl.fromEnvironment(
                Map.of(
                    "REDIS_HOST", "",
                    "REDIS_PORT", "",
                    "REDIS_USERNAME", "",
                    "REDIS_PASSWORD", "",
                    "REDIS_DB", "")))
        .isEqualTo(local);
  }

  @ParameterizedTest
  @CsvSource({
    "REDIS_PORT, 0,              must be 1 to 65535",
    "REDIS_PORT, 65536,          must be 1 to 65535",
    "REDIS_PORT, tcp://10.0.0.1:6379, must be 1 to 65535",
    "REDIS_DB,   -1,             must be 0 to 999999",
    "REDIS_DB,   many,           must be 0 to 999999",
    "REDIS_HOST, redis://h,      must be a host name or an IP address",
    "REDIS_HOST, a b,            must be a host name or an IP address",
  })
  void namesTheVariableThatIsWrong(String name, String value, String rule) {
    assertThatThrownBy(() -> RedisUrl.fromEnvironment(Map.of(name, value)))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage(name + " was '" + value + "': " + rule);
  }

  @Test
  void refusesAUserOfTheEnvironmentWithoutPassword() {
    assertThatThrownBy(() -> RedisUrl.fromEnvironment(Map.of("REDIS_USERNAME", "ann")))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageStartingWith("REDIS_PASSWORD was null");
  }
}
