package dev.tandem.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tandem.api.Message;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever the server refuses, and wherever: nothing of the message is there. */
@RedisTest(dedicated = true)
@Timeout(120)
class HybridRefusalsIT {
  private static final StreamTopic<String> PAYMENTS = StreamTopic.of("payments", Serde.string());
  private static final Channel<String> BOARD = Channel.of("board", Serde.string());
  private static final FixedRoute<String> BOTH =
      Route.toStream(PAYMENTS)
          .andChannel(BOARD)
          .andChannel(BOARD.named("audit"))
          .andChannel(BOARD.named("ticker").fleeting());
  private static final FixedRoute<String> LIVE =
      Route.toChannel(BOARD).andChannel(BOARD.named("audit"));
  private static final FixedRoute<String> FLEETING = Route.toChannel(BOARD.fleeting());
  private static final FixedRoute<String> DURABLE = Route.toStream(PAYMENTS);

  private final RedisServer server;
  private final Tenant tenant;
  private final String prefix;
  private RedisConnection redis;
  private HybridPublisher hybrid;

  HybridRefusalsIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = Tenant.of(tenant);
    this.prefix = "tenant:" + tenant;
    this.redis = RedisConnection.connect(server.url());
    this.hybrid = HybridPublisher.builder(redis).idempotent().build();
  }

  @BeforeEach
  void isConnected() {
    assertThat(redis.health().isUp()).isTrue();
  }

  @AfterEach
  void close() {
    hybrid.close();
    redis.close();
  }

  @Test
  void aKeyOfAnotherKind() {
    String memory = memoryKey();
    for (boolean begun : List.of(false, true)) {
      for (String key :
          List.of(
              prefix + ":stream:payments",
              prefix + ":channel:board:meta",
              prefix + ":channel:board:buffer",
              prefix + ":channel:audit:meta",
              prefix + ":channel:audit:buffer",
              prefix + ":channels",
              memory)) {
        if (begun && key.endsWith(":channels")) {
          continue; // not looked at for channels that are in it
        }
        server.execute("FLUSHALL");
        if (begun) {
          hybrid.publish(tenant, Message.of("paid", "before"), BOTH);
          server.execute("DEL", key);
        }
        server.execute("RPUSH", key, "something else");
        Map<String, Object> before = everything();

        assertRefused(ErrorCode.WRONG_TYPE, hybrid, BOTH, key);

        assertThat(everything()).as("%s, begun %s", key, begun).isEqualTo(before);
      }
    }
  }

  @Test
  void noMemory() {
    for (FixedRoute<String> route : List.of(BOTH, LIVE, DURABLE, FLEETING)) {
      for (boolean begun : List.of(false, true)) {
        server.execute("FLUSHALL");
        if (begun) {
          hybrid.publish(tenant, Message.of("paid", "before"), route);
        }
        Map<String, Object> before = everything();
        server.execute("CONFIG", "SET", "maxmemory", "1");
        try {
          assertRefused(ErrorCode.OUT_OF_MEMORY, hybrid, route, route.toString());
        } finally {
          server.execute("CONFIG", "SET", "maxmemory", "0");
        }
        assertThat(everything()).as("%s, begun %s", route, begun).isEqualTo(before);
      }
    }
  }

  @Test
  void aReplica() {
    hybrid.publish(tenant, Message.of("paid", "before"), BOTH);
    Map<String, Object> before = everything();
    server.execute("REPLICAOF", "127.0.0.1", "1");
    try {
      for (FixedRoute<String> route : List.of(BOTH, LIVE, DURABLE)) {
        assertRefused(ErrorCode.READ_ONLY, hybrid, route, route.toString());
      }
    } finally {
      server.execute("REPLICAOF", "NO", "ONE");
    }
    assertThat(everything()).isEqualTo(before);
    hybrid.publish(tenant, Message.of("paid", "after"), BOTH);
  }

  @Test
  void aUserWhoMayNotDoAllOfIt() {
    List<String> lacking =
        List.of("-xadd", "-hset", "-set", "-publish", "-pexpire", "-xdel", "-xrange", "-del");
    for (FixedRoute<String> route : List.of(BOTH, LIVE)) {
      for (boolean begun : List.of(false, true)) {
        for (String lack : lacking) {
          server.execute("FLUSHALL");
          if (begun) {
            hybrid.publish(tenant, Message.of("paid", "before"), route);
          } else if (lack.equals("-hset")) {
            hybrid.publish(tenant, Message.of("paid", "creates logs"), LIVE);
          }
          if (isOld() && List.of("-del", "-xdel", "-xrange").contains(lack)) {
            continue; // who lacks these cannot take back there
          }
          Map<String, Object> before = everything();
          assertRefusedTo(route, before, "~*", "&*", "+@all", lack);
        }
        for (String channel : List.of("board", "audit")) {
          server.execute("FLUSHALL");
          if (begun) {
            hybrid.publish(tenant, Message.of("paid", "before"), route);
          }
          String other = channel.equals("board") ? "audit" : "board";
          assertRefusedTo(
              route,
              everything(),
              "~*",
              "+@all",
              "resetchannels",
              "&" + prefix + ":channel:" + other,
              "&" + prefix + ":channel:ticker");
          assertRefusedTo(
              route,
              everything(),
              "+@all",
              "&*",
              "~" + prefix + ":publisher:*",
              "~" + prefix + ":stream:*",
              "~" + prefix + ":channel:" + other + "*");
        }
      }
    }
  }

  private void assertRefusedTo(
      FixedRoute<String> route, Map<String, Object> before, String... rights) {
    server.execute("ACL", "DELUSER", "limited");
    String[] user = new String[rights.length + 5];
    System.arraycopy(new String[] {"ACL", "SETUSER", "limited", "on", ">x"}, 0, user, 0, 5);
    System.arraycopy(rights, 0, user, 5, rights.length);
    server.execute(user);
    String url = server.url().replace("redis://", "redis://limited:x@");
    try (RedisConnection limited = RedisConnection.builder().url(url).lazy().build();
        HybridPublisher publisher = HybridPublisher.builder(limited).idempotent().build()) {
      assertRefused(ErrorCode.ACCESS_DENIED, publisher, route, String.join(" ", rights));
    }
    assertThat(everything()).as("%s, rights %s", route, List.of(rights)).isEqualTo(before);
  }

  private void assertRefused(
      ErrorCode code, HybridPublisher publisher, FixedRoute<String> route, String what) {
    MessagingException error =
        catchThrowableOfType(
            MessagingException.class,
            () -> publisher.publish(tenant, Message.of("paid", "refused"), route));
    assertThat(error).as(what).isNotNull();
    assertThat(error.code()).as("%s: %s", what, error.getMessage()).isEqualTo(code);
  }

  /** The key under which the server remembers this publisher. */
  private String memoryKey() {
    hybrid.publish(tenant, Message.of("paid", "first"), DURABLE);
    List<?> keys =
        (List<?>) Objects.requireNonNull(server.execute("KEYS", prefix + ":publisher:*"));
    assertThat(keys).hasSize(1);
    return (String) keys.get(0);
  }

  private boolean isOld() {
    return server.version().startsWith("6");
  }

  /** All keys with what they hold. */
  private Map<String, Object> everything() {
    Map<String, Object> all = new LinkedHashMap<>();
    List<?> keys = (List<?>) Objects.requireNonNull(server.execute("KEYS", "*"));
    for (Object key : new TreeSet<>(keys)) {
      String name = (String) key;
      Object content =
          switch (String.valueOf(server.execute("TYPE", name))) {
            case "stream" -> server.execute("XRANGE", name, "-", "+");
            case "zset" -> server.execute("ZRANGE", name, "0", "-1", "WITHSCORES");
            case "hash" -> server.execute("HGETALL", name);
            case "list" -> server.execute("LRANGE", name, "0", "-1");
            default -> server.execute("GET", name);
          };
      all.put(name, Objects.requireNonNull(content));
    }
    return all;
  }
}
