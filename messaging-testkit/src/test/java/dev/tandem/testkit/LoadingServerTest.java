package dev.tandem.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that answers, but not yet with PONG, as a Redis does that loads a large file. */
@Timeout(60)
class LoadingServerTest {

  private final AtomicInteger asked = new AtomicInteger();
  private ServerSocket listener;
  private volatile int loadingAnswers;
  private volatile String answer = "+PONG\r\n";

  @BeforeEach
  void listen() throws IOException {
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::serve, "loading-server");
    thread.setDaemon(true);
    thread.start();
  }

  @AfterEach
  void end() throws IOException {
    listener.close();
  }

  private void serve() {
    while (!listener.isClosed()) {
      try (Socket socket = listener.accept()) {
        byte[] request = new byte["*1\r\n$4\r\nPING\r\n".length()];
        if (socket.getInputStream().readNBytes(request, 0, request.length) < request.length) {
          continue;
        }
        boolean loading = asked.incrementAndGet() <= loadingAnswers;
        String reply = loading ? "-LOADING Redis is loading the dataset in memory\r\n" : answer;
        socket.getOutputStream().write(reply.getBytes(StandardCharsets.US_ASCII));
      } catch (IOException e) {
        // The test has ended, or the client had enough.
      }
    }
  }

  private RedisServer start(Duration timeout) {
    return RedisServer.builder()
        .source(RedisSource.external("redis://127.0.0.1:" + listener.getLocalPort()))
        .startTimeout(timeout)
        .start();
  }

  @Test
  void isWaitedFor() {
    loadingAnswers = 3;
    RedisServer server = start(Duration.ofSeconds(10));
    assertThat(asked).hasValue(4);
    assertThat(server.answers(Duration.ofSeconds(1))).isTrue();
  }

  @Test
  void isGivenUpInTime() {
    loadingAnswers = Integer.MAX_VALUE;
    assertThatThrownBy(() -> start(Duration.ofMillis(300)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("PT0.3S");
  }

  @Test
  void anyOtherErrorIsReportedAtOnce() {
    answer = "-NOAUTH Authentication required.\r\n";
    assertThatThrownBy(() -> start(Duration.ofSeconds(30)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("127.0.0.1:" + listener.getLocalPort())
        .hasMessageContaining("NOAUTH");
    assertThat(asked).hasValue(1);
  }
}
