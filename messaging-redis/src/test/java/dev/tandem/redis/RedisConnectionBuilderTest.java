package dev.tandem.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.providers.PooledConnectionProvider;

class RedisConnectionBuilderTest {
  private static final String NOWHERE = "redis://127.0.0.1:1";

  static Stream<Arguments> outOfRange() {
    Duration zero = Duration.ZERO;
    Duration tooLong = Duration.ofHours(1).plusMillis(1);
    return Stream.of(
        bad("connectTimeout", "PT0S", "PT0.001S to PT1H", b -> b.connectTimeout(zero)),
        bad("connectTimeout", "PT1H0.001S", "PT0.001S to PT1H", b -> b.connectTimeout(tooLong)),
        bad("replyTimeout", "PT0S", "PT0.001S to PT1H", b -> b.replyTimeout(zero)),
        bad("replyTimeout", "PT1H0.001S", "PT0.001S to PT1H", b -> b.replyTimeout(tooLong)),
        bad("poolSize", "0", "1 to 10000", b -> b.poolSize(0)),
        bad("poolSize", "10001", "1 to 10000", b -> b.poolSize(10_001)),
        bad("poolWait", "PT0S", "PT0.001S to PT1H", b -> b.poolWait(zero)),
        bad("poolWait", "PT1H0.001S", "PT0.001S to PT1H", b -> b.poolWait(tooLong)),
        bad("retry attempts", "0", "1 to 100", b -> b.retry(0, Duration.ofMillis(1))),
        bad("retry attempts", "101", "1 to 100", b -> b.retry(101, Duration.ofMillis(1))),
        bad("retry delay", "PT0S", "PT0.001S to PT1M", b -> b.retry(1, zero)),
        bad("retry delay", "PT2M", "PT0.001S to PT1M", b -> b.retry(1, Duration.ofMinutes(2))),
        bad("breaker window", "1", "2 to 10000", b -> b.circuitBreaker(1, Duration.ofSeconds(1))),
        bad(
            "breaker window",
            "10001",
            "2 to 10000",
            b -> b.circuitBreaker(10_001, Duration.ofSeconds(1))),
        bad("breaker wait", "PT0S", "PT0.001S to PT1H", b -> b.circuitBreaker(2, zero)),
        bad("breaker wait", "PT1H0.001S", "PT0.001S to PT1H", b -> b.circuitBreaker(2, tooLong)),
        bad("clientName", "''", "1 to 128 characters", b -> b.clientName("")),
        bad("clientName", "'a b'", "printable ASCII without blanks", b -> b.clientName("a b")),
        bad("clientName", "'é'", "printable ASCII without blanks", b -> b.clientName("é")),
        bad("user", "''", "1 to 1024 characters", b -> b.credentials("", "x")),
        bad("primary name", "''", "1 to 256", b -> b.sentinel("", NOWHERE)),
        bad("sentinels", "'none'", "at least one URL", b -> b.sentinel("primary")),
        bad("nodes", "'none'", "at least one URL", b -> b.cluster()),
        bad("node", "redis://h:6379/1", "no database", b -> b.cluster("redis://h/1")),
        bad(
            "nodes",
            "[redis://a:6379, rediss://b:6379]",
            "must agree",
            b -> b.cluster("redis://a", "rediss://b")),
        bad(
            "sentinels",
            "[redis://a:6379, redis://b:6379]",
            "must agree",
            b -> b.sentinel("p", "redis://:hush1@a", "redis://:hush2@b")),
        bad(
            "client",
            "'redis.clients.jedis.UnifiedJedis'",
            "must be a RedisClient",
            b -> given(b)));
  }

  @SuppressWarnings("deprecation") // the public way to a client of no particular kind
  private static void given(RedisConnectionBuilder builder) {
    try (UnifiedJedis unsupported =
        new UnifiedJedis(
            new PooledConnectionProvider(new HostAndPort("127.0.0.1", 1)), 1, Duration.ZERO)) {
      builder.client(unsupported).build();
    }
  }

  private static Arguments bad(
      String name, String value, String range, Consumer<RedisConnectionBuilder> call) {
    return Arguments.of(name, value, range, call);
  }

  @ParameterizedTest(name = "{0} = {1}")
  @MethodSource("outOfRange")
  void refusesWithNameValueAndRange(
      String name, String value, String range, Consumer<RedisConnectionBuilder> call) {
    assertThatThrownBy(() -> call.accept(RedisConnection.builder()))
        .isInstanceOfSatisfying(
            InvalidValueException.class, e -> assertThat(e.what()).isEqualTo(name))
        .hasMessageStartingWith(name + " was " + value + ": ")
        .hasMessageContaining(range)
        .hasMessageNotContaining("hush");
  }

  @Test
  void takesTheEndsOfEachRange() {
    Duration least = Duration.ofMillis(1);
    Duration most = Duration.ofHours(1);
    assertThatCode(
            () ->
                RedisConnection.builder()
                    .url(NOWHERE)
                    .connectTimeout(least)
                    .connectTimeout(most)
                    .replyTimeout(least)
                    .replyTimeout(most)
                    .poolSize(1)
                    .poolSize(10_000)
                    .poolWait(least)
                    .poolWait(most)
                    .retry(1, least)
                    .retry(100, Duration.ofMinutes(1))
                    .circuitBreaker(2, least)
                    .circuitBreaker(10_000, most)
                    .clientName("!~")
                    .lazy()
                    .build()
                    .close())
        .doesNotThrowAnyException();
  }

  @Test
  void wantsOneAddress() {
    assertThatThrownBy(() -> RedisConnection.builder().build())
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("address (url, sentinel, cluster or client) was null: must be given");
  }

  @Test
  void wantsNotTwoAddressesAndShowsNoPassword() {
    assertThatThrownBy(
            () -> RedisConnection.builder().url(NOWHERE).url("redis://ann:s3cr3t@other:1"))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("only one of url, sentinel, cluster and client may be given")
        .hasMessageContaining("redis://other:1")
        .hasMessageNotContaining("s3cr3t");
    assertThatThrownBy(() -> RedisConnection.builder().cluster(NOWHERE).sentinel("p", NOWHERE))
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  @SuppressWarnings("NullAway") // nulls on purpose
  void refusesNulls() {
    assertThatThrownBy(() -> RedisConnection.builder().url((String) null))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> RedisConnection.builder().client(null))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("client was null: must be given");
    assertThatThrownBy(() -> RedisConnection.builder().clock(null))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> RedisConnection.builder().metrics(null))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> RedisConnection.builder().tls(null))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> RedisConnection.builder().credentials("ann", null))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> RedisConnection.builder().connectTimeout(null))
        .isInstanceOf(InvalidValueException.class);
  }
}
