package dev.tandem.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.testkit.internal.server.Ports;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FaultProxyTest {

  private static final int READ_TIMEOUT_MILLIS = 5_000;
  private static final int SHORT_MILLIS = 200;

  private EchoServer echo;
  private FaultProxy proxy;

  @BeforeEach
  void start() throws IOException {
    echo = new EchoServer();
    proxy = FaultProxy.to("127.0.0.1", echo.port());
  }

  @AfterEach
  void end() throws IOException {
    proxy.close();
    echo.close();
  }

  private Socket client() throws IOException {
    Socket socket = new Socket();
    socket.connect(new InetSocketAddress(proxy.host(), proxy.port()), READ_TIMEOUT_MILLIS);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(READ_TIMEOUT_MILLIS);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String receive(Socket socket, int bytes) throws IOException {
    return new String(socket.getInputStream().readNBytes(bytes), StandardCharsets.ISO_8859_1);
  }

  private static void roundTrip(Socket socket) throws IOException {
    send(socket, "hello");
    assertThat(receive(socket, 5)).isEqualTo("hello");
  }

  private static void assertSilent(Socket socket) throws IOException {
    socket.setSoTimeout(SHORT_MILLIS);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    socket.setSoTimeout(READ_TIMEOUT_MILLIS);
  }

  private static void assertReset(Socket socket) {
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
  }

  @Test
  void forwardsAMegabyteUnchanged() throws Exception {
    long seed = System.nanoTime();
    System.out.println("FaultProxyTest seed " + seed);
    byte[] sent = new byte[1 << 20];
    new Random(seed).nextBytes(sent);
    try (Socket socket = client()) {
      CompletableFuture<byte[]> received =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return socket.getInputStream().readNBytes(sent.length);
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      socket.getOutputStream().write(sent);
      assertThat(received.get()).isEqualTo(sent);
    }
  }

  @Test
  void aSenderThatNobodyReadsIsHeldBack() throws Exception {
    try (Socket socket = client()) {
      proxy.delay(Duration.ofMinutes(5));
      byte[] chunk = new byte[1 << 20];
      CompletableFuture<Void> writer =
          CompletableFuture.runAsync(
              () -> {
                try {
                  for (int i = 0; i < 64; i++) {
                    socket.getOutputStream().write(chunk);
                  }
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThatThrownBy(() -> writer.get(1, TimeUnit.SECONDS))
          .isInstanceOf(TimeoutException.class);
      assertThat(echo.received()).isZero();
      proxy.reset();
      assertThatThrownBy(writer::get).hasRootCauseInstanceOf(SocketException.class);
    }
  }

  @Test
  void countsItsConnections() throws Exception {
    try (Socket one = client();
        Socket two = client()) {
      roundTrip(one);
      roundTrip(two);
      assertThat(proxy.connections()).isEqualTo(2);
    }
    await().untilAsserted(() -> assertThat(proxy.connections()).isZero());
    await().untilAsserted(() -> assertThat(echo.connections()).isZero());
  }

  @Test
  void passesTheServersCloseOn() throws Exception {
    try (Socket socket = client()) {
      roundTrip(socket);
      echo.closeConnections();
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void resetsAClientWhoseServerIsDown() throws Exception {
    // A listener that was just closed may take one more connection, so there never was one.
    try (FaultProxy toNowhere = FaultProxy.to("127.0.0.1", Ports.free());
        Socket socket = new Socket(toNowhere.host(), toNowhere.port())) {
      socket.setSoTimeout(READ_TIMEOUT_MILLIS);
      assertReset(socket);
    }
  }

  @Test
  void delaysBothWaysAndKeepsTheOrder() throws Exception {
    try (Socket socket = client()) {
      roundTrip(socket);
      proxy.delay(Duration.ofMillis(150));
      long before = System.nanoTime();
      roundTrip(socket);
      assertThat(Duration.ofNanos(System.nanoTime() - before))
          .isBetween(Duration.ofMillis(300), Duration.ofMillis(900));
      send(socket, "a");
      await().untilAsserted(() -> assertThat(echo.received()).isEqualTo(11));
      // What comes later is due at once, and yet must not overtake.
      proxy.delay(Duration.ZERO);
      send(socket, "b");
      assertThat(receive(socket, 2)).isEqualTo("ab");
    }
  }

  @Test
  void aDelayDoesNotLimitThroughput() throws Exception {
    try (Socket socket = client()) {
      proxy.delay(Duration.ofMillis(200));
      long before = System.nanoTime();
      for (int i = 0; i < 100; i++) {
        send(socket, "0123456789");
      }
      receive(socket, 1_000);
      assertThat(Duration.ofNanos(System.nanoTime() - before))
          .isBetween(Duration.ofMillis(400), Duration.ofMillis(1_200));
    }
  }

  @Test
  void healEndsADelay() throws Exception {
    try (Socket socket = client()) {
      proxy.delay(Duration.ofSeconds(5));
      proxy.heal();
      long before = System.nanoTime();
      roundTrip(socket);
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(4));
    }
  }

  @Test
  void resetEndsPresentConnectionsOnly() throws Exception {
    try (Socket socket = client()) {
      roundTrip(socket);
      proxy.reset();
      assertThat(proxy.connections()).isZero();
      assertReset(socket);
    }
    try (Socket socket = client()) {
      roundTrip(socket);
    }
  }

  @Test
  void refusesUntilHealedOnTheSamePort() throws Exception {
    int port = proxy.port();
    try (Socket socket = client()) {
      roundTrip(socket);
      proxy.refuse();
      assertReset(socket);
    }
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(this::client).isInstanceOf(ConnectException.class);
    }
    proxy.heal();
    assertThat(proxy.port()).isEqualTo(port);
    try (Socket socket = client()) {
      roundTrip(socket);
    }
  }

  @Test
  void aBlackHoleSwallowsAndClosesNothing() throws Exception {
    try (Socket old = client()) {
      roundTrip(old);
      proxy.blackHole();
      long before = echo.received();
      send(old, "lost");
      assertSilent(old);
      try (Socket fresh = client()) {
        send(fresh, "lost");
        assertSilent(fresh);
        assertThat(echo.received()).isEqualTo(before);
        assertThat(echo.connections()).isEqualTo(1);
        echo.closeConnections();
        assertSilent(old);
        proxy.heal();
        assertReset(old);
        assertReset(fresh);
      }
    }
    try (Socket socket = client()) {
      roundTrip(socket);
    }
  }

  @Test
  void theServerDoesNotLearnThatAClientLeftThroughABlackHole() throws Exception {
    try (Socket socket = client()) {
      roundTrip(socket);
      proxy.blackHole();
    }
    await()
        .during(Duration.ofMillis(SHORT_MILLIS))
        .untilAsserted(() -> assertThat(echo.connections()).isEqualTo(1));
    proxy.heal();
    await().untilAsserted(() -> assertThat(echo.connections()).isZero());
  }

  @Test
  void aConnectionThatLostNothingOutlivesABlackHole() throws Exception {
    try (Socket socket = client()) {
      roundTrip(socket);
      proxy.blackHole();
      proxy.heal();
      roundTrip(socket);
    }
  }

  @Test
  void halfOpenForwardsRequestsAndHidesAnswersAndTheEnd() throws Exception {
    try (Socket socket = client()) {
      roundTrip(socket);
      proxy.halfOpen();
      send(socket, "hello");
      await().untilAsserted(() -> assertThat(echo.received()).isEqualTo(10));
      assertSilent(socket);
      echo.closeConnections();
      await().untilAsserted(() -> assertThat(echo.connections()).isZero());
      assertSilent(socket);
      send(socket, "nobody there");
      assertSilent(socket);
      proxy.heal();
      assertReset(socket);
    }
  }

  @Test
  void closeIsPromptAndFinal() throws Exception {
    try (Socket socket = client()) {
      roundTrip(socket);
      proxy.close();
      assertThatCode(proxy::close).doesNotThrowAnyException();
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
      assertThatThrownBy(this::client).isInstanceOf(ConnectException.class);
      assertThatThrownBy(proxy::heal)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("closed");
    }
  }

  @Test
  void refusesBadArguments() {
    assertThatThrownBy(() -> proxy.delay(Duration.ofMillis(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PT-0.001S");
    assertThatThrownBy(() -> proxy.dropRepliesAndReset(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("one or more");
  }

  @Test
  void itsThreadIsANamedDaemon() {
    assertThat(Thread.getAllStackTraces().keySet())
        .filteredOn(thread -> thread.getName().equals("tandem-fault-proxy-" + proxy.port()))
        .singleElement()
        .satisfies(thread -> assertThat(thread.isDaemon()).isTrue());
  }
}
