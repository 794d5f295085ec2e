package dev.tandem.hybrid.internal.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Position;
import dev.tandem.hybrid.HybridReceipt;
import dev.tandem.hybrid.internal.wire.CallReply.Outcome;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.PackedTexts;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The script by itself: when a call is executed, and what is remembered of it. */
@RedisTest
class HybridScriptIT {
  private static final Duration LIFE = Duration.ofMinutes(1);

  private final RedisServer server;
  private final Tenant tenant;
  private final HybridScript script;
  private final RedisConnection redis;

  HybridScriptIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = Tenant.of(tenant);
    this.script = new HybridScript(KeyLayout.plain(), new Nonces(new Random()));
    this.redis = RedisConnection.connect(server.url());
  }

  @BeforeEach
  void isConnected() {
    assertThat(redis.health().isUp()).isTrue();
  }

  @AfterEach
  void close() {
    redis.close();
  }

  @Test
  void aCallThatIsSentAgainGivesTheSameReceipts() {
    CallTry attempt = CallTry.first(call(1, 3), false, LIFE);

    CallReply first = send(attempt);
    CallReply again = send(attempt);

    assertThat(first.outcome()).isEqualTo(Outcome.DONE);
    assertThat(texts(again)).isEqualTo(texts(first));
    assertThat(length()).isEqualTo(3);
    assertThat(at(first, 2).version()).isEqualTo(3);
  }

  @Test
  void aCallThatIsNotRememberedIsExecutedEachTime() {
    CallTry attempt = CallTry.first(call(0, 2), false, Duration.ZERO);

    send(attempt);
    send(attempt);

    assertThat(length()).isEqualTo(4);
    assertThat(memory()).isEmpty();
  }

  @Test
  void aCallBehindALaterOneIsNot() {
    send(CallTry.first(call(2, 1), false, LIFE));

    assertThat(send(CallTry.first(call(1, 1), false, LIFE)).outcome()).isEqualTo(Outcome.OVERTAKEN);
    assertThat(length()).isEqualTo(1);
  }

  @Test
  void aCallIsExecutedOnlyBehindTheOneBeforeIt() {
    CallTry first = CallTry.first(call(1, 1), false, LIFE);
    CallTry second = first.then(call(2, 1), false);
    CallTry third = second.then(call(3, 1), false);

    assertThat(send(second).outcome()).isEqualTo(Outcome.OUT_OF_ORDER);
    assertThat(send(first).outcome()).isEqualTo(Outcome.DONE);
    assertThat(send(third).outcome()).isEqualTo(Outcome.OUT_OF_ORDER);
    assertThat(send(second).outcome()).isEqualTo(Outcome.DONE);
    assertThat(send(third).outcome()).isEqualTo(Outcome.DONE);
    assertThat(length()).isEqualTo(3);
  }

  @Test
  void asManyCallsAreRememberedAsAreUnderWay() {
    List<CallTry> tries = new ArrayList<>();
    List<CallReply> replies = new ArrayList<>();
    for (int i = 1; i <= 16; i++) {
      PublishCall call = call(i, 1 + i % 3);
      tries.add(i == 1 ? CallTry.first(call, false, LIFE) : tries.get(i - 2).then(call, false));
      replies.add(send(tries.get(i - 1)));
    }
    for (int i = 0; i < 16; i++) {
      assertThat(texts(send(tries.get(i)))).as("call %s", i).isEqualTo(texts(replies.get(i)));
    }
    assertThat(memory().chars().filter(c -> c == ';').count()).isEqualTo(16);
    send(new CallTry(call(17, 1), 16, 1, false, LIFE));
    assertThat(memory().chars().filter(c -> c == ';').count()).isEqualTo(2);
    assertThat(send(tries.get(3)).outcome()).isEqualTo(Outcome.OVERTAKEN);
    assertThat(texts(send(tries.get(15)))).isEqualTo(texts(replies.get(15)));
  }

  @Test
  void aMemoryThatIsGoneIsNoticedWhereItIsExpected() {
    send(CallTry.first(call(1, 1), false, LIFE));
    server.execute("DEL", memoryKey());

    assertThat(send(CallTry.first(call(2, 1), true, LIFE)).outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(send(CallTry.first(call(2, 1), false, LIFE)).outcome()).isEqualTo(Outcome.DONE);
  }

  @Test
  void aStreamWithoutRoomForAllOfItTakesNothing() {
    Destination bounded = new Destination(tenant, "orders", 5, live());

    assertThat(send(CallTry.first(call(1, 3, bounded), false, LIFE)).outcome())
        .isEqualTo(Outcome.DONE);
    CallReply full = send(CallTry.first(call(2, 3, bounded), false, LIFE));

    assertThat(full.outcome()).isEqualTo(Outcome.FULL);
    assertThat(full.room()).isEqualTo(2);
    assertThat(send(CallTry.first(call(2, 2, bounded), false, LIFE)).outcome())
        .isEqualTo(Outcome.DONE);
    assertThat(length()).isEqualTo(5);
    assertThat(send(CallTry.first(call(3, 1, bounded), false, LIFE)).room()).isZero();
  }

  @Test
  void eachEntryHasItsOwnLabelsIfTheyDiffer() {
    PackedTexts labels = new PackedTexts(8, 100);
    for (String label : List.of("placed", "k1", "h1", "", "shipped", "k2", "h2", "5000")) {
      labels.add(label.getBytes(UTF_8));
    }
    EntryValues values =
        new EntryValues(4, labels.bytes(), List.of("a".getBytes(UTF_8), "b".getBytes(UTF_8)));
    Destination destination = new Destination(tenant, "orders", 0, List.of());
    PublishCall call = new PublishCall("me", 0, destination, 2, List.of(), values, "n", List.of());
    assertThat(send(CallTry.first(call, false, LIFE)).outcome()).isEqualTo(Outcome.DONE);
    assertThat(entries())
        .containsExactly(
            List.of("type", "placed", "key", "k1", "headers", "h1", "data", "a"),
            List.of("type", "shipped", "key", "k2", "headers", "h2", "data", "b", "ttl", "5000"));
  }

  private List<List<String>> entries() {
    Object all = server.execute("XRANGE", "tenant:" + tenant.name() + ":stream:orders", "-", "+");
    return Replies.list(all).stream()
        .map(entry -> Replies.list(Replies.list(entry).get(1)))
        .map(fields -> fields.stream().map(Replies::text).toList())
        .toList();
  }

  private CallReply send(CallTry attempt) {
    return CallReply.of(attempt.call(), redis.commands().execute(script.command(attempt)));
  }

  private PublishCall call(long number, int count) {
    return call(number, count, new Destination(tenant, "orders", 0, live()));
  }

  private static List<Destination.Live> live() {
    return List.of(
        new Destination.Live("board", 60_000, 100), new Destination.Live("ticker", 0, 0));
  }

  private static PublishCall call(long number, int count, Destination destination) {
    PackedTexts labels = new PackedTexts(3, 100);
    for (String label : List.of("type", "", "")) {
      labels.add(label.getBytes(UTF_8));
    }
    List<byte[]> data = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      data.add(("data " + i).getBytes(UTF_8));
    }
    byte[] body =
        ("\"tenant\":\"t\",\"channel\":\"c\",\"instanceId\":\"i\",\"nonce\":\"n"
                + number
                + "\",\"messages\":[]}")
            .getBytes(UTF_8);
    return new PublishCall(
        "me",
        number,
        destination,
        count,
        List.of(),
        new EntryValues(3, labels.bytes(), data),
        "n" + number,
        List.of(body, body));
  }

  private long length() {
    return (Long)
        Objects.requireNonNull(
            server.execute("XLEN", "tenant:" + tenant.name() + ":stream:orders"));
  }

  private String memoryKey() {
    return "tenant:" + tenant.name() + ":publisher:me";
  }

  private String memory() {
    Object memory = server.execute("GET", memoryKey());
    return memory == null ? "" : memory.toString();
  }

  private static List<String> texts(CallReply reply) {
    return reply.receipts().stream().map(HybridReceipt::toString).toList();
  }

  private static Position at(CallReply reply, int message) {
    return Objects.requireNonNull(reply.receipts().get(message).position("board"));
  }
}
