package dev.tandem.pubsub.internal.index;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.ChannelBatch;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The index that publishing and reading keep, and the scripts that read it. */
@RedisTest
class ChannelIndexIT {
  private final RedisServer server;
  private final Tenant tenant;
  private final RedisConnection redis;
  private final LiveBus bus;
  private final ChannelIndex index;
  private final String key;

  ChannelIndexIT(RedisServer server, @UniqueTenant String name) {
    this.server = server;
    this.tenant = Tenant.of(name);
    this.redis = RedisConnection.connect(server.url());
    this.bus = LiveBus.builder(redis).build();
    this.index = new ChannelIndex(redis, KeyLayout.of(redis), tenant);
    this.key = KeyLayout.of(redis).channelIndex(tenant).text();
  }

  @AfterEach
  void close() {
    bus.close();
    redis.close();
  }

  private static Channel<String> channel(String name) {
    return Channel.of(name, Serde.string());
  }

  private Position publish(String name) {
    return requireNonNull(bus.publish(tenant, channel(name), Message.of("t", "m")).position());
  }

  private Found look(String name) {
    return index.ask(List.of(Question.look(name))).get(0);
  }

  private void set(String name, String field, String value) {
    server.execute("HSET", key(name) + ":meta", field, value);
  }

  private String key(String name) {
    return KeyLayout.of(redis).channel(tenant, name).channel().text();
  }

  @Test
  void holdsWhoeverIsPublishedToOrRead() {
    publish("a");
    bus.publish(tenant, channel("f").fleeting(), Message.of("t", "m"));
    bus.publish(
        tenant,
        ChannelBatch.of()
            .add(channel("b"), Message.of("t", "m"))
            .add(channel("g").fleeting(), Message.of("t", "m")));
    bus.currentPosition(tenant, channel("c"));
    ChannelIndex.Names all = index.all();
    assertThat(all.names()).containsExactlyInAnyOrder("a", "b", "c");
    assertThat(index.since(all.serverMillis() - 60_000).names()).containsExactly("a", "b", "c");
    assertThat(index.since(all.serverMillis() + 60_000).names()).isEmpty();
    assertThat((Long) server.execute("PTTL", key))
        .isBetween(Duration.ofDays(38).toMillis(), Duration.ofDays(39).toMillis());
  }

  @Test
  void registersAgainOnlyWhenTheExpiryIsRenewedAndForgetsTheLongDead() {
    publish("a");
    server.execute("ZADD", key, "1", "dead");
    server.execute("ZADD", key, "5", "a");
    publish("a");
    assertThat(server.execute("ZSCORE", key, "a")).isEqualTo("5");
    set("a", "touched", "1");
    publish("a");
    assertThat(Double.parseDouble(String.valueOf(server.execute("ZSCORE", key, "a"))))
        .isGreaterThan(1e12);
    assertThat(server.execute("ZSCORE", key, "dead")).isNull();
    assertThat(look("a").since().version()).isZero();
  }

  @Test
  void aKeyOfAnotherKindIsRefusedBeforeALogIsBegunAndBreaksNoneLater() {
    publish("a");
    server.execute("DEL", key);
    server.execute("SET", key, "mine");
    set("a", "touched", "1");
    assertThat(publish("a").version()).isEqualTo(2);
    assertThatThrownBy(() -> publish("b"))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_TYPE));
    assertThat(server.execute("EXISTS", key("b") + ":meta", key("b") + ":buffer")).isEqualTo(0L);
  }

  @Test
  void restsOnlyWhatNothingIsStoredOfAndWhereItStands() {
    Position at = publish("a");
    assertThat(index.ask(List.of(Question.restAt("a", at))).get(0).rests()).isFalse();
    server.execute("DEL", key("a") + ":buffer");
    Position other = new Position(at.epoch(), 7, "x");
    assertThat(look("a")).isEqualTo(new Found("a", at, new Position(at.epoch(), 0, ""), false));
    assertThat(index.ask(List.of(Question.restAt("a", other))).get(0).rests()).isFalse();
    assertThat(index.all().names()).containsExactly("a");
    assertThat(index.ask(List.of(Question.restAt("a", at))).get(0).rests()).isTrue();
    assertThat(index.all().names()).isEmpty();

    Position next = publish("a");
    assertThat(index.all().names()).containsExactly("a");
    assertThat(look("a")).isEqualTo(new Found("a", next, at, false));
    assertThat(index.ask(List.of(Question.rest("a"))).get(0).rests()).isFalse();
    server.execute("DEL", key("a") + ":buffer");
    assertThat(index.ask(List.of(Question.rest("a"))).get(0).rests()).isTrue();
  }

  @Test
  void whatHasNoLogIsDropped() {
    publish("a");
    server.execute("DEL", key("a") + ":meta");
    assertThat(index.ask(List.of(Question.look("a"), Question.rest("none")))).isEmpty();
    assertThat(index.all().names()).isEmpty();
  }

  @Test
  void manyNamesAreReadInPages() {
    StringBuilder script = new StringBuilder("for i = 1, 5000 do redis.call('ZADD', KEYS[1], ");
    script.append("'1' .. i, 'c' .. i) end");
    server.execute("EVAL", script.toString(), "1", key);
    assertThat(index.all().names()).hasSize(5_000);
    ChannelIndex.Names some = index.since(0);
    assertThat(some.complete()).isFalse();
    assertThat(some.names()).hasSize(1_000);
  }
}
