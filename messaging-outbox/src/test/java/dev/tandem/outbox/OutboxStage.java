package dev.tandem.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.serde.Serde;
import dev.tandem.hybrid.Route;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.internal.frame.FrameFormatException;
import dev.tandem.pubsub.internal.frame.FrameMessage;
import dev.tandem.pubsub.internal.frame.FrameParser;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.jspecify.annotations.Nullable;

/** A database with an outbox, a tenant of its own in Redis, and what is needed to look at both. */
final class OutboxStage implements AutoCloseable {
  static final StreamTopic<String> TOPIC = StreamTopic.of("orders", Serde.string());
  static final Channel<String> BOARD =
      Channel.of("board", Serde.string()).recoverable(Duration.ofHours(1), 1_000_000);
  static final OutboxRoute<String> BOTH =
      OutboxRoute.of("both", Route.toStream(TOPIC).andChannel(BOARD));
  static final OutboxRoute<String> STREAM = OutboxRoute.of("stream", Route.toStream(TOPIC));
  static final OutboxRoute<String> CHANNEL = OutboxRoute.of("channel", Route.toChannel(BOARD));

  static final OutboxRoute<String> BOUNDED =
      OutboxRoute.of("bounded", Route.toStream(StreamTopic.of("few", Serde.string()).boundedTo(5)));

  /** The shortest: what fails over is taken over within a second or two. */
  static final Duration LEASE = Duration.ofSeconds(1);

  static final Duration PATIENCE = Duration.ofSeconds(60);

  final RedisServer server;
  final Tenant tenant;
  final String databaseUrl;
  final JdbcConnectionPool database;
  final Outbox outbox = Outbox.inDefaultTable();
  private final List<Runnable> toClose = new ArrayList<>();

  OutboxStage(RedisServer server, String tenant, Databases kind) {
    this.server = server;
    this.tenant = Tenant.of(tenant);
    this.databaseUrl = kind.newUrl();
    this.database = Databases.pool(databaseUrl);
    try (Connection connection = database.getConnection()) {
      OutboxSchema.create(connection);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What is done in a transaction of the application's. */
  @FunctionalInterface
  interface Work {
    void run(Connection connection) throws SQLException;
  }

  void transaction(Work work) {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      work.run(connection);
      connection.commit();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  void save(OutboxRoute<String> route, String... payloads) {
    transaction(connection -> save(connection, route, payloads));
  }

  /** Payloads are {@code key:number}. */
  void save(Connection connection, OutboxRoute<String> route, String... payloads) {
    List<Message<String>> messages = new ArrayList<>();
    for (String payload : payloads) {
      messages.add(Message.of("placed", payload).key(key(payload)));
    }
    outbox.saveAll(connection, tenant, messages, route);
  }

  static String key(String payload) {
    return payload.substring(0, payload.indexOf(':'));
  }

  RedisConnection connect(String url) {
    RedisConnection redis =
        RedisConnection.builder()
            .url(url)
            .lazy()
            .connectTimeout(Duration.ofSeconds(2))
            .replyTimeout(Duration.ofSeconds(2))
            .retry(2, Duration.ofMillis(10))
            .circuitBreaker(10, Duration.ofMillis(100))
            .build();
    closeLater(redis::close);
    return redis;
  }

  void closeLater(Runnable close) {
    toClose.add(close);
  }

  OutboxRelay startRelay() {
    return startRelay(server.url(), database);
  }

  OutboxRelay startRelay(String redisUrl, DataSource source) {
    return started(builder(connect(redisUrl), source));
  }

  OutboxRelay started(OutboxRelayBuilder builder) {
    OutboxRelay relay = builder.build();
    toClose.add(relay::close);
    relay.start();
    return relay;
  }

  static OutboxRelayBuilder builder(RedisConnection redis, DataSource source) {
    return OutboxRelay.builder(redis, source)
        .lease(LEASE)
        .pollInterval(Duration.ofMillis(20))
        .retry(RetryPolicy.fixed(Duration.ofMillis(20)).maxDeliveries(3))
        .route(BOTH)
        .route(STREAM)
        .route(CHANNEL)
        .route(BOUNDED);
  }

  long count(String table) {
    try (Connection connection = database.getConnection()) {
      return Databases.number(connection, "SELECT COUNT(*) FROM " + table);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until nothing waits. */
  void awaitEmpty() {
    await().atMost(PATIENCE).until(() -> count(OutboxSchema.DEFAULT_TABLE) == 0);
  }

  /** The payloads in the stream, in order. */
  List<String> inStream() {
    return inStream(TOPIC.name());
  }

  List<String> inStream(String topic) {
    return payloads(server, prefix() + ":stream:" + topic);
  }

  static List<String> payloads(RedisServer node, String stream) {
    List<String> payloads = new ArrayList<>();
    entries(node, stream).values().forEach(fields -> payloads.add(fields.get("data")));
    return payloads;
  }

  /** Entry id to fields. */
  Map<String, Map<String, String>> streamEntries(String topic) {
    return entries(server, prefix() + ":stream:" + topic);
  }

  private static Map<String, Map<String, String>> entries(RedisServer node, String stream) {
    Map<String, Map<String, String>> entries = new LinkedHashMap<>();
    for (Object row : list(node.execute("XRANGE", stream, "-", "+"))) {
      List<?> fields = list(list(row).get(1));
      Map<String, String> map = new LinkedHashMap<>();
      for (int i = 0; i < fields.size(); i += 2) {
        map.put((String) fields.get(i), (String) fields.get(i + 1));
      }
      entries.put((String) list(row).get(0), map);
    }
    return entries;
  }

  /** The messages that can be recovered on the channel, in order. */
  List<FrameMessage> onBoard() {
    return messages(server, prefix() + ":channel:board:buffer");
  }

  static List<FrameMessage> messages(RedisServer node, String buffer) {
    List<FrameMessage> messages = new ArrayList<>();
    for (Object entry : list(node.execute("XRANGE", buffer, "-", "+"))) {
      Object member = list(list(entry).get(1)).get(1);
      try {
        messages.addAll(FrameParser.parse(((String) member).getBytes(UTF_8)).messages());
      } catch (FrameFormatException e) {
        throw new AssertionError("not a frame: " + member, e);
      }
    }
    return messages;
  }

  /** Their payloads. */
  List<String> payloadsOnBoard() {
    return payloadsOf(onBoard());
  }

  static List<String> payloadsOf(List<FrameMessage> messages) {
    return messages.stream().map(message -> new String(message.payload(), UTF_8)).toList();
  }

  String prefix() {
    return "tenant:" + tenant.name();
  }

  /** Each once, and those of a key in the order of the list. */
  static void assertOnceAndInOrder(List<String> actual, List<String> wanted, String as) {
    assertThat(actual).as("each once, %s", as).containsExactlyInAnyOrderElementsOf(wanted);
    assertThat(byKey(actual)).as("in order of each key, %s", as).isEqualTo(byKey(wanted));
  }

  private static Map<String, List<String>> byKey(List<String> payloads) {
    Map<String, List<String>> byKey = new LinkedHashMap<>();
    payloads.forEach(
        payload -> byKey.computeIfAbsent(key(payload), key -> new ArrayList<>()).add(payload));
    return byKey;
  }

  static List<?> list(@Nullable Object reply) {
    return (List<?>) Objects.requireNonNull(reply);
  }

  @Override
  public void close() {
    for (int i = toClose.size() - 1; i >= 0; i--) {
      toClose.get(i).run();
    }
    database.dispose();
  }
}
