package dev.tandem.pubsub.internal.frame;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.redis.command.Script;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.QuotaKeys;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RedisTest
class ScriptsIT {
  private static final Duration LONG = Duration.ofMinutes(5);

  private final RedisServer server;
  private final String tenant;
  private final RedisConnection redis;
  private final ChannelKeys keys;
  private int nonce;

  ScriptsIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = tenant;
    this.redis = RedisConnection.connect(server.url());
    this.keys = KeyLayout.of(redis).channel(Tenant.of(tenant), "board");
  }

  @BeforeEach
  void usesTheKeysOfTheDesign() {
    assertThat(keys.meta().text()).isEqualTo("tenant:" + tenant + ":channel:board:meta");
    assertThat(keys.buffer().text()).isEqualTo("tenant:" + tenant + ":channel:board:buffer");
  }

  @AfterEach
  void close() {
    redis.close();
  }

  private record Published(String epoch, long version, long receivers) {}

  private Published publish(int count) {
    return publish(count, LONG, 1_000);
  }

  private Published publish(int count, Duration retention, int max) {
    nonce++;
    return publish(count, retention, max, new PublishTry("p", nonce, 0, false));
  }

  private Published publish(PublishTry attempt) {
    return publish(1, LONG, 1_000, attempt);
  }

  private Published publish(int count, Duration retention, int max, PublishTry attempt) {
    FrameBody body = body(count, attempt.publisher() + "n" + attempt.number());
    return published(
        FrameScripts.publish(keys, null, body, "e" + attempt.number(), retention, max, attempt));
  }

  private Published published(Command publish) {
    List<@Nullable Object> reply = Replies.list(redis.commands().execute(publish));
    return new Published(
        Replies.text(reply.get(0)), Replies.number(reply.get(1)), Replies.number(reply.get(2)));
  }

  private FrameBody body(int count, String frameNonce) {
    return FrameBody.of(tenant, "board", "i", frameNonce, messages(count, frameNonce));
  }

  private static List<OutgoingMessage> messages(int count, String frameNonce) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                OutgoingMessage.of(
                    "i-" + frameNonce + "-" + i, Message.of("t", i), bytes("" + i), true))
        .toList();
  }

  private List<@Nullable Object> read(String epoch, long version, int frames, int bytes) {
    return Replies.list(
        redis
            .commands()
            .execute(
                FrameScripts.readAfter(keys, null, "fresh", LONG, epoch, version, frames, bytes)));
  }

  @Test
  void headsOfManyLogsAreReadAndBegunAtOnce() {
    publish(3);
    ChannelKeys other = KeyLayout.of(redis).channel(Tenant.of(tenant), "other");
    List<FrameScripts.Head> heads =
        List.of(
            new FrameScripts.Head(keys, "unused", LONG), new FrameScripts.Head(other, "new", LONG));
    List<?> reply = Replies.list(redis.commands().execute(FrameScripts.readHeads(heads, null)));
    assertThat(reply.stream().map(Replies::text)).containsExactly("e1", "3", "pn1", "new", "0", "");
    assertThat(redis.commands().execute(FrameScripts.readHead(other, null, "later", LONG)))
        .asInstanceOf(InstanceOfAssertFactories.LIST)
        .first()
        .isEqualTo("new".getBytes(UTF_8));
    assertThat(server.execute("PTTL", other.meta().text())).isNotEqualTo(-1L);
  }

  @Test
  void noMoreLogsAreBegunByReadingThanTheTenantMayHaveChannels() {
    Tenant owner = Tenant.of(tenant);
    QuotaKeys quotas = KeyLayout.of(redis).quotas(owner);
    server.execute("HSET", quotas.limits().text(), "live-channels", "2");
    ChannelKeys kept = KeyLayout.of(redis).channel(owner, "kept");
    ChannelKeys beyond = KeyLayout.of(redis).channel(owner, "beyond");
    server.execute("ZADD", quotas.channels().text(), "9999999999999", "kept");
    List<FrameScripts.Head> heads =
        List.of(
            new FrameScripts.Head(keys, "e1", LONG),
            new FrameScripts.Head(beyond, "e2", LONG),
            new FrameScripts.Head(kept, "e3", LONG));

    List<?> reply = Replies.list(redis.commands().execute(FrameScripts.readHeads(heads, quotas)));

    assertThat(reply.stream().map(Replies::text))
        .containsExactly("e1", "0", "", "", "-1", "2", "e3", "0", "");
    assertThat(headFields(beyond, quotas)).containsExactly("", "-1", "2");
    assertThat(server.execute("EXISTS", beyond.meta().text())).isEqualTo(0L);
    // One that rests goes on resting, and can be read.
    server.execute("ZREM", keys.index().text(), "board");
    server.execute("HSET", keys.meta().text(), "touched", "0");
    assertThat(headFields(beyond, quotas)).startsWith("fresh", "0");
    assertThat(headFields(keys, quotas)).startsWith("e1", "0");
    assertThat(server.execute("ZSCORE", keys.index().text(), "board")).isNull();
    server.execute("HSET", quotas.limits().text(), "live-channels", "3");
    assertThat(headFields(keys, quotas)).startsWith("e1", "0");
    assertThat(server.execute("ZSCORE", keys.index().text(), "board")).isNotNull();
  }

  private List<String> headFields(ChannelKeys of, QuotaKeys quotas) {
    Object reply = redis.commands().execute(FrameScripts.readHead(of, quotas, "fresh", LONG));
    return Replies.list(reply).stream().map(Replies::text).toList();
  }

  private List<String> stored() {
    return StoredFrames.of(server, keys.buffer().text());
  }

  private @Nullable Object meta(String field) {
    return server.execute("HGET", keys.meta().text(), field);
  }

  private long number(String... command) {
    return (Long) requireNonNull(server.execute(command));
  }

  @Test
  void versionsCountMessagesAndFramesAreChained() throws Exception {
    assertThat(publish(1)).isEqualTo(new Published("e1", 1, 0));
    assertThat(publish(64)).isEqualTo(new Published("e1", 2, 0));
    assertThat(publish(3)).isEqualTo(new Published("e1", 66, 0));
    List<String> stored = stored();
    Frame first = FrameParser.parse(bytes(stored.get(0)));
    Frame second = FrameParser.parse(bytes(stored.get(1)));
    Frame third = FrameParser.parse(bytes(stored.get(2)));
    assertThat(first.start().nonce()).isEmpty();
    assertThat(first.finish()).isEqualTo(second.start());
    assertThat(second.finish()).isEqualTo(third.start());
    assertThat(third.lastVersion()).isEqualTo(68);
    assertThat(third.messages())
        .extracting(m -> new String(m.payload(), UTF_8))
        .containsExactly("0", "1", "2");
    assertThat(server.execute("XRANGE", keys.buffer().text(), "65", "65"))
        .isEqualTo(List.of(List.of("65-0", List.of("frame", stored.get(1)))));
    assertThat(meta("version")).isEqualTo("68");
    assertThat(meta("nonce")).isEqualTo("pn3");
  }

  private Published publish(ForeseenHead head, long number) {
    FrameBody body =
        FrameBody.of(head, tenant, "board", "i", "f" + number, messages(2, "f" + number));
    PublishTry attempt = new PublishTry("q", number, 0, false);
    return published(FrameScripts.publish(keys, head, body, "new", LONG, 1_000, attempt));
  }

  @Test
  void aFrameMadeForTheRightPlaceIsStoredAsItCame() throws Exception {
    publish(3);
    long millis = serverMillis() - 20;
    ForeseenHead head = new ForeseenHead("e1", 3, "pn1", millis);
    assertThat(publish(head, 2)).isEqualTo(new Published("e1", 4, 0));
    assertThat(stored().get(1))
        .isEqualTo(
            new String(
                FrameBody.of(head, tenant, "board", "i", "f2", messages(2, "f2")).bytes(), UTF_8));
    assertThat(publish(1)).isEqualTo(new Published("e1", 6, 0));
    assertThat(FrameParser.parse(bytes(stored().get(2))).start())
        .isEqualTo(FrameParser.parse(bytes(stored().get(1))).finish());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"e1 2 pn1", "e1 4 pn1", "e1 3 pn0", "e2 3 pn1", "e1 3 pn1 late", "e1 3 pn1 early"})
  void aFrameMadeForAnotherPlaceOrTimeIsGivenItsHeadByTheServer(String believed) throws Exception {
    publish(3);
    String[] parts = believed.split(" ", -1);
    long now = serverMillis();
    long off = parts.length == 3 ? 0 : parts[3].equals("late") ? 5_000 : -5_000;
    ForeseenHead head = new ForeseenHead(parts[0], Long.parseLong(parts[1]), parts[2], now + off);
    assertThat(publish(head, 2)).isEqualTo(new Published("e1", 4, 0));
    List<String> stored = stored();
    Frame before = FrameParser.parse(bytes(stored.get(0)));
    Frame frame = FrameParser.parse(bytes(stored.get(1)));
    assertThat(frame.start()).isEqualTo(before.finish());
    assertThat(frame.lastVersion()).isEqualTo(5);
    assertThat(frame.timestamp().toEpochMilli()).isBetween(now, now + 4_000);
    assertThat(frame.messages()).hasSize(2);
  }

  private long serverMillis() {
    List<?> time = requireNonNull((List<?>) server.execute("TIME"));
    return Long.parseLong(String.valueOf(time.get(0))) * 1_000
        + Long.parseLong(String.valueOf(time.get(1))) / 1_000;
  }

  @Test
  void expiriesOutliveTheRetention() {
    publish(1);
    assertThat(number("PTTL", keys.buffer().text()))
        .isBetween(LONG.plusSeconds(50).toMillis(), LONG.plusSeconds(60).toMillis());
    long aWeek = Duration.ofDays(7).toMillis();
    assertThat(number("PTTL", keys.meta().text())).isBetween(aWeek, 2 * aWeek);
  }

  @Test
  void trimsByCountButNeverBelowIt() {
    for (int i = 0; i < 10; i++) {
      publish(7, LONG, 20);
      assertThat(stored().size() * 7).isBetween(Math.min(7 * (i + 1), 20), 26);
    }
    for (int max = 15; max <= 21; max++) { // wherever the bound falls in a frame
      publish(7, LONG, max);
      assertThat(stored().size() * 7).isBetween(max, max + 6);
    }
    publish(64, LONG, 5);
    assertThat(stored()).hasSize(1);
  }

  @Test
  void trimsByAge() {
    Duration retention = Duration.ofSeconds(1);
    for (int i = 0; i < 40; i++) {
      publish(1, LONG, 1_000);
    }
    assertThat(stored()).hasSize(40);
    await()
        .atMost(Duration.ofSeconds(20))
        .pollDelay(Duration.ofMillis(1_200))
        .untilAsserted(
            () -> {
              publish(1, retention, 1_000);
              assertThat(stored()).hasSizeLessThan(20);
            });
    assertThat(Long.parseLong(String.valueOf(meta("oldest")))).isPositive();
  }

  @Test
  void whatIsYoungerThanTheRetentionIsNotTrimmed() {
    Duration retention = Duration.ofSeconds(30);
    for (int i = 0; i < 40; i++) {
      publish(1, retention, 1_000);
    }
    server.execute("HSET", keys.meta().text(), "oldest", "1");
    publish(1, retention, 1_000);
    assertThat(stored()).hasSize(41);
    assertThat(meta("oldest")).isNotEqualTo("1");
  }

  @Test
  void aLostMetaBeginsANewEpochAndDropsTheStaleBuffer() {
    publish(5);
    server.execute("DEL", keys.meta().text());
    assertThat(publish(2)).isEqualTo(new Published("e2", 1, 0));
    assertThat(stored()).hasSize(1);
  }

  @Test
  void readingBeginsALogAndDropsTheStaleBufferToo() {
    publish(5);
    server.execute("DEL", keys.meta().text());
    assertThat(texts(read("e1", 3, 10, 1_000)).subList(0, 4))
        .containsExactly("fresh", "0", "", "0");
    assertThat(stored()).isEmpty();
    assertThat(publish(1)).isEqualTo(new Published("fresh", 1, 0));
  }

  @Test
  void aLostBufferKeepsTheVersions() {
    publish(5);
    server.execute("DEL", keys.buffer().text());
    assertThat(publish(2)).isEqualTo(new Published("e1", 6, 0));
  }

  @Test
  void anEmptyBufferOfAnEarlierLogIsNotInTheWay() {
    publish(5);
    server.execute("XDEL", keys.buffer().text(), "5");
    server.execute("DEL", keys.meta().text());
    assertThat(number("EXISTS", keys.buffer().text())).isOne();
    assertThat(publish(1)).isEqualTo(new Published("e2", 1, 0));
    assertThat(stored()).hasSize(1);
  }

  @Test
  void aHashThatWasSetBackCounts() throws Exception {
    publish(2);
    for (int i = 0; i < 600; i++) {
      publish(1);
    }
    server.execute("HSET", keys.meta().text(), "version", "2", "nonce", "pn1");
    assertThat(publish(1).version()).isEqualTo(3);
    assertThat(stored()).hasSize(2);
    assertThat(FrameParser.parse(bytes(stored().get(1))).start())
        .isEqualTo(new Position("e1", 2, "pn1"));
    assertThat(publish(1).version()).isEqualTo(4);
  }

  @Test
  void keysOfAnotherKindAreRefusedBeforeAnythingIsWritten() {
    server.execute("SET", keys.buffer().text(), "mine");
    assertThatThrownBy(() -> publish(1))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_TYPE));
    assertThat(number("EXISTS", keys.meta().text())).isZero();
    server.execute("DEL", keys.buffer().text());
    server.execute("SET", keys.meta().text(), "mine");
    assertThatThrownBy(() -> publish(1))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_TYPE));
    assertThat(number("EXISTS", keys.buffer().text())).isZero();
    assertThat(server.execute("GET", keys.meta().text())).isEqualTo("mine");
  }

  @Test
  void anotherScriptCanAppendWithIdsOfItsOwn() throws Exception {
    Script script =
        Script.joined(FrameScripts.APPEND_FRAME, ScriptsIT.class, "publish_with_ids.lua");
    FrameBody body = body(2, "n1");
    List<@Nullable Object> reply =
        Replies.list(
            redis
                .commands()
                .execute(
                    script
                        .call(keys.meta(), keys.buffer(), keys.index())
                        .arg(keys.channel().bytes())
                        .arg(body.nonce())
                        .arg(body.count())
                        .arg(body.bytes())
                        .arg("\"ids\":[\"5-1\",\"5-2\"],")));
    assertThat(Replies.text(reply.get(0))).isEqualTo("own");
    Frame frame = FrameParser.parse(bytes(stored().get(0)));
    assertThat(frame.messages()).extracting(m -> m.id().value()).containsExactly("5-1", "5-2");
    assertThat(publish(1).version()).isEqualTo(3);
  }

  @Test
  void aCallIsExecutedOnceAndAnsweredAgain() {
    Published first = publish(new PublishTry("p", 1, 0, false));
    assertThat(publish(new PublishTry("p", 1, 0, true))).isEqualTo(first);
    assertThat(publish(new PublishTry("p", 1, 0, false))).isEqualTo(first);
    assertThat(publish(new PublishTry("p", 2, 0, false))).isEqualTo(new Published("e1", 2, 0));
    assertThat(stored()).hasSize(2);
  }

  @Test
  void aDelayedCallDoesNothingAfterALaterOne() {
    publish(new PublishTry("p", 2, 0, false));
    assertThat(publish(new PublishTry("p", 1, 0, false)).version())
        .isEqualTo(FrameScripts.OVERTAKEN);
    assertThat(publish(new PublishTry("q", 3, 0, false)).version()).isEqualTo(2);
    assertThat(publish(new PublishTry("p", 1, 0, true)).version())
        .isEqualTo(FrameScripts.OVERTAKEN);
    assertThat(stored()).hasSize(2);
  }

  @Test
  void callsOfOneRoundAreAllRememberedAndInOrder() {
    for (int i = 1; i <= 16; i++) {
      publish(new PublishTry("publisher0123", i, i - 1, false));
      publish(new PublishTry("other", i, 0, false));
    }
    for (int i = 1; i <= 16; i++) {
      assertThat(publish(new PublishTry("publisher0123", i, i - 1, true)))
          .isEqualTo(new Published("e1", i * 2 - 1, 0));
    }
    assertThat(publish(new PublishTry("publisher0123", 18, 17, false)).version())
        .isEqualTo(FrameScripts.OUT_OF_ORDER);
    assertThat(publish(new PublishTry("nobody", 2, 1, false)).version())
        .isEqualTo(FrameScripts.OUT_OF_ORDER);
    assertThat(publish(new PublishTry("publisher0123", 17, 16, false)).version()).isEqualTo(33);
    assertThat(stored()).hasSize(33);
    assertThat(String.valueOf(meta("calls")).length()).isLessThan(1_025);
  }

  @Test
  void asManyCallsAreRememberedHoweverLongTheirAnswersAre() {
    long first = 900_000_000_000L;
    long version = 9_007_199_254_700_000L;
    publish(new PublishTry("publisher0123", first, 0, false));
    server.execute("HSET", keys.meta().text(), "version", Long.toString(version));
    for (int i = 1; i <= 40; i++) {
      publish(new PublishTry("publisher0123", first + i, first + i - 1, false));
    }
    for (int i = 25; i <= 40; i++) {
      long after = i == 25 ? 0 : first + i - 1;
      assertThat(publish(new PublishTry("publisher0123", first + i, after, true)))
          .isEqualTo(new Published("e" + first, version + i, 0));
    }
    assertThat(publish(new PublishTry("publisher0123", first + 1, 0, true)).version())
        .isEqualTo(FrameScripts.OVERTAKEN);
    assertThat(stored()).hasSize(40); // the first is too old
  }

  @Test
  void whatIsRememberedOfOthersExpires() {
    publish(new PublishTry("p", 1, 0, false));
    assertThat(number("EXISTS", keys.publisher("p").text())).isZero();
    publish(new PublishTry("q", 1, 0, false));
    assertThat(number("PTTL", keys.publisher("p").text()))
        .isBetween(Duration.ofMinutes(19).toMillis(), Duration.ofMinutes(20).toMillis());
    assertThat(String.valueOf(meta("calls"))).startsWith("q 1 ");
  }

  @Test
  void aCallThatIsForgottenIsFoundByItsFrame() {
    publish(5);
    Published first = publish(new PublishTry("p", 7, 0, false));
    publish(new PublishTry("q", 1, 0, false));
    server.execute("DEL", keys.publisher("p").text());
    assertThat(publish(new PublishTry("p", 7, 0, true))).isEqualTo(first);
    assertThat(stored()).hasSize(3);
  }

  @Test
  void aCallWhoseLogIsGoneIsExecutedAgain() {
    publish(new PublishTry("p", 1, 0, false));
    server.execute("DEL", keys.meta().text(), keys.buffer().text());
    assertThat(publish(new PublishTry("p", 1, 0, true)).version()).isEqualTo(1);
    assertThat(stored()).hasSize(1);
  }

  @Test
  void survivesAScriptFlush() {
    publish(1);
    server.execute("SCRIPT", "FLUSH");
    assertThat(publish(1).version()).isEqualTo(2);
    server.execute("SCRIPT", "FLUSH");
    assertThat(frames(read("e1", 0, 10, 1_000))).hasSize(2);
  }

  @Test
  void versionsAreExactUpToTheLast() {
    publish(1);
    server.execute("HSET", keys.meta().text(), "version", "9007199254740980");
    server.execute("DEL", keys.buffer().text());
    assertThat(publish(1).version()).isEqualTo(9007199254740981L);
    assertThat(publish(5).version()).isEqualTo(9007199254740982L);
    assertThat(stored().get(1)).startsWith("{\"version\":9007199254740982,\"count\":5,");
    List<@Nullable Object> page = read("e1", 9007199254740982L, 10, 10_000);
    assertThat(Replies.number(page.get(1))).isEqualTo(9007199254740986L);
    assertThat(frames(page)).hasSize(1);
  }

  @Test
  void readsTheFrameThatContainsTheVersionAndPages() {
    for (int i = 0; i < 50; i++) {
      publish(10);
    }
    assertThat(frames(read("e1", 500, 100, 1_000_000))).isEmpty();
    assertThat(frames(read("e1", 600, 100, 1_000_000))).isEmpty();
    assertThat(frames(read("e1", 499, 100, 1_000_000))).hasSize(1);
    assertThat(frames(read("e1", 490, 100, 1_000_000))).hasSize(2);
    assertThat(frames(read("e1", 1, 100, 1_000_000))).hasSize(50);
    assertThat(frames(read("other", 499, 100, 1_000_000))).hasSize(50);
    List<@Nullable Object> page = read("e1", 1, 20, 1_000_000);
    assertThat(frames(page)).hasSize(20);
    assertThat(Replies.number(page.get(3))).isEqualTo(1);
    assertThat(frames(read("e1", 1, 20, 1))).hasSize(2);
    assertThat(Replies.number(read("e1", 1, 50, 1_000_000).get(3))).isZero();
  }

  @Test
  void readsTheNewestFrame() {
    assertThat(frames(readLatest())).isEmpty();
    publish(3);
    publish(2);
    List<@Nullable Object> page = readLatest();
    assertThat(Replies.number(page.get(1))).isEqualTo(5);
    assertThat(frames(page)).hasSize(1);
    assertThat(Replies.text(frames(page).get(0))).isEqualTo(stored().get(1));
  }

  private List<@Nullable Object> readLatest() {
    return Replies.list(
        redis.commands().execute(FrameScripts.readLatest(keys, null, "fresh", LONG)));
  }

  private static List<String> texts(List<@Nullable Object> reply) {
    return reply.stream().map(Replies::text).toList();
  }

  private static List<@Nullable Object> frames(List<@Nullable Object> page) {
    return page.subList(FrameScripts.READ_FIELDS, page.size());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
