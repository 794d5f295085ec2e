package dev.tandem.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.Replies;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.SslOptions;

@RedisTest
@Timeout(60)
class TlsIT {
  @TempDir private static Path directory;
  private static Path rightName;
  private static Path wrongName;

  private @Nullable TlsProxy opened;

  @BeforeAll
  static void makeCertificates() throws Exception {
    rightName = TlsProxy.keyStore(directory, "ip:127.0.0.1");
    wrongName = TlsProxy.keyStore(directory, "dns:other.example");
  }

  @AfterEach
  void close() throws Exception {
    if (opened != null) {
      opened.close();
    }
  }

  private TlsProxy proxy(RedisServer server, Path keys) throws Exception {
    TlsProxy proxy = new TlsProxy(keys, server.port());
    opened = proxy;
    return proxy;
  }

  private RedisConnectionBuilder tls(RedisServer server, Path keys, SslOptions options)
      throws Exception {
    return RedisConnection.builder()
        .url("rediss://127.0.0.1:" + proxy(server, keys).port())
        .tls(options)
        .retry(1, Duration.ofMillis(1));
  }

  private static SslOptions trusting(Path keys) throws Exception {
    return SslOptions.builder()
        .truststore(TlsProxy.trustStore(keys).toFile(), TlsProxy.PASSWORD)
        .build();
  }

  @Test
  void speaksTlsWithAnOwnTrustStoreAndChecksTheName(RedisServer server) throws Exception {
    try (RedisConnection redis = tls(server, rightName, trusting(rightName)).build()) {
      assertThat(redis.serverTime()).isNotNull();
      assertThat(redis.endpoint()).startsWith("rediss://127.0.0.1:");
      try (DedicatedLink link = redis.openDedicated(null, Duration.ofSeconds(5))) {
        assertThat(Replies.text(link.execute(Command.of("PING")))).isEqualTo("PONG");
      }
    }
  }

  @Test
  void tlsMayBeAskedForWithoutRediss(RedisServer server) throws Exception {
    TlsProxy proxy = proxy(server, rightName);
    try (RedisConnection redis =
        RedisConnection.builder()
            .url("redis://127.0.0.1:" + proxy.port())
            .tls(trusting(rightName))
            .build()) {
      assertThat(redis.serverTime()).isNotNull();
    }
  }

  @Test
  void refusesACertificateThatNobodyVouchesFor(RedisServer server) throws Exception {
    TlsProxy proxy = proxy(server, rightName);
    for (RedisConnectionBuilder untrusting :
        java.util.List.of(
            RedisConnection.builder().url("rediss://127.0.0.1:" + proxy.port()),
            RedisConnection.builder().url("redis://127.0.0.1:" + proxy.port()).tls())) {
      assertThatThrownBy(() -> untrusting.retry(1, Duration.ofMillis(1)).build())
          .isInstanceOf(UnavailableException.class)
          .hasMessageStartingWith("cannot reach Redis at redis")
          .hasMessageContaining("unable to find valid certification path");
    }
  }

  @Test
  void refusesACertificateForAnotherName(RedisServer server) throws Exception {
    RedisConnectionBuilder other = tls(server, wrongName, trusting(wrongName));

    assertThatThrownBy(other::build)
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("127.0.0.1");
  }

  @Test
  void refusesAServerThatDoesNotSpeakTls(RedisServer server) throws Exception {
    SslOptions options = trusting(rightName);

    assertThatThrownBy(
            () ->
                RedisConnection.builder()
                    .url("rediss://127.0.0.1:" + server.port())
                    .tls(options)
                    .connectTimeout(Duration.ofMillis(500))
                    .retry(1, Duration.ofMillis(1))
                    .build())
        .isInstanceOf(UnavailableException.class);
  }

  @Test
  void aLinkOverTlsCanBeInterrupted(RedisServer server) throws Exception {
    try (RedisConnection redis = tls(server, rightName, trusting(rightName)).build();
        DedicatedLink link = redis.openDedicated(null, Duration.ofSeconds(50))) {
      CompletableFuture<Throwable> read =
          CompletableFuture.supplyAsync(
              () -> catchThrowable(() -> link.execute(Command.of("BLPOP").arg("none").arg(40))));
      await().until(() -> String.valueOf(server.execute("CLIENT", "LIST")).contains("cmd=blpop"));
      long start = System.nanoTime();

      link.interrupt();

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
      assertThat(read.get(60, TimeUnit.SECONDS)).isInstanceOf(OutcomeUnknownException.class);
    }
  }
}
