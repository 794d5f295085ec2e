package dev.tandem.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs small classes through JUnit and looks at what the extension made of them. */
class RedisExtensionIT {

  private static final ConcurrentHashMap<String, RedisServer> SERVERS = new ConcurrentHashMap<>();
  private static final ConcurrentHashMap<String, FaultProxy> PROXIES = new ConcurrentHashMap<>();

  @BeforeEach
  void mayHurtServers() {
    assumeThat(RedisSource.detect()).isNotInstanceOf(RedisSource.External.class);
  }

  @Test
  void aDedicatedServerIsBroughtBackBeforeTheNextTestAndClosedAfterTheClass() {
    Outcome outcome = run(Hurting.class);
    assertThat(outcome.failures).isEmpty();
    assertThat(outcome.passed).isEqualTo(5);
    assertThat(server("hurting").alive()).isFalse();
  }

  @Test
  void everyClassSharesOneServerWhichEndsWithTheRun() {
    Outcome outcome = run(SharingOne.class, SharingTwo.class, Own.class);
    assertThat(outcome.failures).isEmpty();
    assertThat(server("one").port()).isEqualTo(server("two").port());
    assertThat(server("own").port()).isNotEqualTo(server("one").port());
    assertThat(Stream.of("one", "two", "own")).noneMatch(name -> server(name).alive());
  }

  @Test
  void aNestedClassMayHaveAServerOfItsOwn() {
    Outcome outcome = run(Outer.class);
    assertThat(outcome.failures).isEmpty();
    assertThat(outcome.passed).isEqualTo(2);
    assertThat(server("inner").port()).isNotEqualTo(server("outer").port());
  }

  @Test
  void aProxyEndsWithItsTest() {
    Outcome outcome = run(Proxied.class);
    assertThat(outcome.failures).isEmpty();
    assertThat(PROXIES).hasSize(2);
    for (FaultProxy proxy : PROXIES.values()) {
      assertThat(connectFails(proxy)).isTrue();
    }
  }

  @Test
  void aDedicatedClassIsSkippedOnAnExternalServer() {
    try (RedisServer external = RedisServer.start()) {
      System.setProperty(RedisSource.URL_PROPERTY, external.url());
      Outcome outcome = run(Hurting.class, PerClass.class, SharingOne.class);
      assertThat(outcome.failures).isEmpty();
      assertThat(outcome.passed).isEqualTo(1);
      assertThat(outcome.skipped)
          .hasSize(2)
          .allSatisfy(
              reason -> assertThat(reason).contains("may hurt", "127.0.0.1:" + external.port()));
      assertThat(server("one").port()).isEqualTo(external.port());
      assertThat(external.alive()).isTrue();
    } finally {
      System.clearProperty(RedisSource.URL_PROPERTY);
    }
  }

  @Test
  void appendOnlyNeedsADedicatedServer() {
    Outcome outcome = run(Contradicting.class);
    assertThat(outcome.failures).singleElement().asString().contains("needs dedicated = true");
  }

  private static RedisServer server(String name) {
    return Objects.requireNonNull(SERVERS.get(name), name);
  }

  private static boolean connectFails(FaultProxy proxy) {
    try (Socket socket = new Socket(proxy.host(), proxy.port())) {
      return !socket.isConnected();
    } catch (ConnectException e) {
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Outcome run(Class<?>... classes) {
    SERVERS.clear();
    PROXIES.clear();
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(Stream.of(classes).map(type -> selectClass(type)).toList())
            .configurationParameter("junit.jupiter.execution.parallel.enabled", "false")
            .build();
    Outcome outcome = new Outcome();
    LauncherFactory.create().execute(request, outcome);
    return outcome;
  }

  private static final class Outcome implements TestExecutionListener {
    private int passed;
    private final List<String> failures = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
      skipped.add(reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      String reason = result.getThrowable().map(String::valueOf).orElse("");
      switch (result.getStatus()) {
        case SUCCESSFUL -> passed += test.isTest() ? 1 : 0;
        case ABORTED, FAILED -> failures.add(test.getDisplayName() + ": " + reason);
      }
    }
  }

  @RedisTest(dedicated = true, appendOnly = true)
  @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
  static class Hurting {

    @BeforeEach
    void answers(RedisServer server) {
      assertThat(server.execute("PING")).isEqualTo("PONG");
      SERVERS.put("hurting", server);
    }

    @Test
    @Order(1)
    void killed(RedisServer server) {
      server.execute("SET", "k", "v");
      server.kill();
    }

    @Test
    @Order(2)
    void paused(RedisServer server) {
      assertThat(server.execute("GET", "k")).isEqualTo("v");
      server.pause();
    }

    @Test
    @Order(3)
    void stopped(RedisServer server) {
      server.stop();
    }

    @Test
    @Order(4)
    void wiped(RedisServer server) {
      server.restartEmpty();
      server.kill();
    }

    @Test
    @Order(5)
    void isBack(RedisServer server) {
      assertThat(server.execute("DBSIZE")).isEqualTo(0L);
    }
  }

  @RedisTest
  static class SharingOne {
    @Test
    void uses(RedisServer server) {
      SERVERS.put("one", server);
    }
  }

  @RedisTest
  static class SharingTwo {
    @Test
    void uses(RedisServer server) {
      SERVERS.put("two", server);
    }
  }

  @RedisTest(dedicated = true)
  static class Own {
    @Test
    void uses(RedisServer server) {
      assertThat(server.controllable()).isTrue();
      assertThat(server.execute("CONFIG", "GET", "appendonly"))
          .isEqualTo(List.of("appendonly", "no"));
      SERVERS.put("own", server);
    }
  }

  @RedisTest(dedicated = true)
  static class Outer {
    @Test
    void uses(RedisServer server) {
      SERVERS.put("outer", server);
    }

    @RedisTest(dedicated = true)
    @Nested
    class Inner {
      @Test
      void uses(RedisServer server) {
        SERVERS.put("inner", server);
      }
    }
  }

  @RedisTest
  static class Proxied {
    @Test
    void one(FaultProxy proxy) {
      PROXIES.put("one", proxy);
    }

    @Test
    void two(FaultProxy proxy) {
      PROXIES.put("two", proxy);
    }
  }

  @RedisTest(dedicated = true)
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  static class PerClass {
    PerClass(RedisServer server) {
      SERVERS.put("perClass", server);
    }

    @Test
    void isNotReached() {
      throw new AssertionError("ran with " + SERVERS.get("perClass"));
    }
  }

  @RedisTest(appendOnly = true)
  static class Contradicting {
    @Test
    void isNotReached() {
      throw new AssertionError("ran");
    }
  }
}
