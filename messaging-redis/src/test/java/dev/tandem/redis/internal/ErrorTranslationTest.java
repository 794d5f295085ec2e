package dev.tandem.redis.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.exceptions.JedisAccessControlException;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

class ErrorTranslationTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "WRONGTYPE Operation against a key | WRONG_TYPE | false",
        "OOM command not allowed | OUT_OF_MEMORY | true",
        "READONLY You can't write | READ_ONLY | true",
        "NOREPLICAS Not enough good replicas | READ_ONLY | true",
        "MISCONF Redis is configured | READ_ONLY | true",
        "LOADING Redis is loading | SERVER_BUSY | true",
        "BUSY Redis is busy running a script | SERVER_BUSY | true",
        "BUSYGROUP Consumer Group name already exists | SERVER_ERROR | false",
        "TRYAGAIN Multiple keys | SERVER_BUSY | true",
        "CLUSTERDOWN The cluster is down | SERVER_BUSY | true",
        "NOAUTH Authentication required. | ACCESS_DENIED | false",
        "WRONGPASS invalid username-password | ACCESS_DENIED | false",
        "NOPERM this user has no permissions | ACCESS_DENIED | false",
        "NOGROUP No such key | GROUP_MISSING | false",
        "UNBLOCKED the stream key no longer exists | GROUP_MISSING | false",
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)"
            + " | READ_ONLY | true",
        "MOVED 1 127.0.0.1:7 | REDIRECTED | true",
        "ASK 1 127.0.0.1:7 | REDIRECTED | true",
        "ERR unknown command | SERVER_ERROR | false",
        "ERR Error running script (call to f_e0): @user_script:1: @user_script: 1: -OOM command not"
            + " allowed | OUT_OF_MEMORY | true",
        "ERR Error running script (call to f_e0): @user_script:1: WRONGTYPE Operation | WRONG_TYPE |"
            + " false",
        "ERR Error running script (call to f_e0): @user_script:3: -READONLY You can't | READ_ONLY |"
            + " true",
        "ERR Error running script (call to f_e0): @user_script:1: attempt to index a nil value |"
            + " SERVER_ERROR | false",
        "ERR The user executing the script can't run this command or subcommand script: f0, on"
            + " @user_script:1. | ACCESS_DENIED | false",
        "ERR The user executing the script can't access at least one of the keys mentioned in the"
            + " command arguments script: f0, on @user_script:1. | ACCESS_DENIED | false",
        "ERR Error running script (call to f_e0): @user_script:1: @user_script: 1: The user executing"
            + " the script can't run this command or subcommand | ACCESS_DENIED | false",
        "@user_script: 1: The user executing the script can't run this command or subcommand |"
            + " ACCESS_DENIED | false",
        "'' | SERVER_ERROR | false",
      })
  void namesWhatTheServerRefused(String message, ErrorCode code, boolean retryable) {
    MessagingException error = ErrorTranslation.refused(new JedisDataException(message));

    assertThat(error.code()).isEqualTo(code);
    assertThat(error.retryable()).isEqualTo(retryable);
    assertThat(error).hasMessage("Redis refused: " + message);
  }

  @Test
  void namesTheCommandAndTheKeyThatTheUserMayNotTouch() {
    Command command = Command.of("XADD").key(RedisKey.of("tenant:acme2:stream:orders"));
    assertThat(ErrorTranslation.refused(new JedisDataException("NOPERM no permissions"), command))
        .hasMessage("Redis refused XADD on tenant:acme2:stream:orders: NOPERM no permissions");
    assertThat(
            ErrorTranslation.refused(
                new JedisDataException("NOPERM no permissions"), Command.of("INFO")))
        .hasMessage("Redis refused INFO: NOPERM no permissions");
    assertThat(ErrorTranslation.refused(new JedisDataException("OOM no memory"), command))
        .hasMessage("Redis refused: OOM no memory");
  }

  @Test
  void cutsLongMessages() {
    assertThat(ErrorTranslation.refused(new JedisDataException("ERR " + "x".repeat(1_000))))
        .message()
        .hasSizeLessThan(330)
        .endsWith("…");
  }

  @Test
  void tellsAReplicaFromAServerThatRefusesForNow() {
    assertThat(isDemoted("READONLY You can't write against a read only replica.")).isTrue();
    assertThat(isDemoted("ERR Error running script (call to f_1): @user_script:1: -READONLY x"))
        .isTrue();
    assertThat(isDemoted("UNBLOCKED force unblock, instance state changed")).isTrue();
    assertThat(isDemoted("NOREPLICAS Not enough good replicas")).isFalse();
    assertThat(isDemoted("OOM command not allowed")).isFalse();
  }

  private static boolean isDemoted(String message) {
    return ErrorTranslation.isDemoted(ErrorTranslation.refused(new JedisDataException(message)));
  }

  @Test
  void findsTheReasonWhereJedisHidesIt() {
    JedisConnectionException several = new JedisConnectionException("Failed to connect to h:1.");
    several.addSuppressed(new java.net.ConnectException("Connection refused"));

    assertThat(ErrorTranslation.notSent("redis://h:1", several))
        .isInstanceOf(UnavailableException.class)
        .hasMessage("cannot reach Redis at redis://h:1: Connection refused");
  }

  @Test
  void findsARefusedLoginBehindAClusterThatCouldNotBeAsked() {
    JedisException cluster = new JedisException("Could not initialize cluster slots cache.");
    cluster.addSuppressed(new JedisAccessControlException("WRONGPASS invalid"));

    assertThat(ErrorTranslation.notSent("cluster", cluster).code())
        .isEqualTo(ErrorCode.ACCESS_DENIED);
  }

  @Test
  void tooManyClientsMeansUnavailable() {
    MessagingException error =
        ErrorTranslation.notSent(
            "redis://h:1", new JedisDataException("ERR max number of clients reached"));

    assertThat(error.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(ErrorTranslation.isPoolExhausted(error)).isFalse();
  }

  @Test
  void anEmptyPoolIsNoFailureOfTheServer() {
    MessagingException error =
        ErrorTranslation.notSent(
            "redis://h:1", new JedisException("x", new NoSuchElementException("Timeout")));

    assertThat(error).hasMessageContaining("no free connection");
    assertThat(ErrorTranslation.isPoolExhausted(error)).isTrue();
    assertThat(Guard.isConnectionFailure(error)).isFalse();
    assertThat(Guard.isHarmless(error, true)).isFalse();
  }

  @Test
  void keepsTheInterrupt() {
    MessagingException error =
        ErrorTranslation.notSent(
            "redis://h:1", new JedisException("x", new InterruptedException()));

    assertThat(Thread.interrupted()).isTrue();
    assertThat(error.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(Guard.isHarmless(error, true)).isFalse();
  }

  @Test
  void endsOnErrorsThatCauseEachOther() {
    Exception one = new Exception("one");
    Exception two = new Exception("two", one);
    one.initCause(two);

    assertThat(ErrorTranslation.notSent("e", one).code()).isEqualTo(ErrorCode.UNAVAILABLE);
  }
}
