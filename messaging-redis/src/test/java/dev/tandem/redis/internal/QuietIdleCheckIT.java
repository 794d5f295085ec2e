package dev.tandem.redis.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.util.Pool;

@RedisTest
class QuietIdleCheckIT {
  private static Pool<Connection> pool(String host, int port, DefaultJedisClientConfig login) {
    GenericObjectPoolConfig<Connection> settings = new GenericObjectPoolConfig<>();
    settings.setJmxEnabled(false);
    settings.setEvictionPolicy(new QuietIdleCheck());
    Pool<Connection> pool = new SingleServerPool(new HostAndPort(host, port), login, settings);
    pool.getResource().close();
    assertThat(pool.getNumIdle()).isOne();
    return pool;
  }

  /** Checks what is idle; what that wrote to the log. */
  private static String check(Pool<Connection> pool) throws Exception {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, UTF_8));
    try {
      pool.evict();
    } finally {
      System.setErr(before);
    }
    return log.toString(UTF_8);
  }

  @Test
  void whatDoesNotAnswerAnyMoreIsDroppedWithoutAWord(RedisServer server, FaultProxy proxy)
      throws Exception {
    DefaultJedisClientConfig login = DefaultJedisClientConfig.builder().build();
    try (Pool<Connection> pool = pool("127.0.0.1", proxy.port(), login)) {
      assertThat(check(pool)).isEmpty();
      assertThat(pool.getNumIdle()).isOne();

      proxy.reset();
      assertThat(check(pool)).isEmpty();
      assertThat(pool.getNumIdle()).isZero();
      assertThat(server.alive()).isTrue();
    }
  }

  @Test
  void whatIsAnsweredWithAnErrorIsKeptWithoutAWord(RedisServer server, @UniqueTenant String user)
      throws Exception {
    server.execute("ACL", "SETUSER", user, "on", ">secret", "+@all", "-ping");
    DefaultJedisClientConfig login =
        DefaultJedisClientConfig.builder().user(user).password("secret").build();
    try (Pool<Connection> pool = pool(server.host(), server.port(), login)) {
      assertThat(check(pool)).isEmpty();
      assertThat(pool.getNumIdle()).isOne();
    } finally {
      server.execute("ACL", "DELUSER", user);
    }
  }
}
