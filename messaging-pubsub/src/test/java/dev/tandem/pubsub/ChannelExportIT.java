package dev.tandem.pubsub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.Message;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.export.ExportPage;
import dev.tandem.api.serde.JsonType;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@RedisTest(dedicated = true) // steps through all keys of the server
@Timeout(120)
class ChannelExportIT {
  private static final Serde<Map<String, Object>> LINE =
      Serde.json(new JsonType<Map<String, Object>>() {});

  private final Buses buses = new Buses();
  private final RedisConnection redis;
  private final LiveBus bus;
  private final Tenant tenant;

  ChannelExportIT(RedisServer server, @UniqueTenant String tenant) {
    this.redis = buses.connection(server.url());
    this.bus = buses.bus(server.url());
    this.tenant = Tenant.of(tenant);
  }

  @AfterEach
  void close() {
    buses.close();
  }

  private static List<Map<String, Object>> lines(ExportPage page) {
    return page.lines().stream()
        .map(line -> LINE.deserialize(line.getBytes(UTF_8), new SerdeContext("t", "t")))
        .toList();
  }

  private static List<Object> payloads(ExportPage page) {
    return new ArrayList<>(lines(page).stream().map(line -> line.get("payload")).toList());
  }

  @Test
  void everyMessageOfEveryChannelOnceThoughCutOffAtEveryStep(FaultProxy proxy) throws Exception {
    List<Object> expected = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      List<String> numbers = Buses.numbers(name, 1, 40); // several to a frame
      Buses.publish(bus, tenant, Buses.channel(name), numbers);
      expected.addAll(numbers);
    }
    Buses.publish(bus, Tenant.of(tenant + "2"), Buses.channel("a"), List.of("not mine"));
    bus.publish(tenant, Channel.of("f", Serde.string()).fleeting(), Message.of("test", "gone"));
    List<Object> got = new ArrayList<>();
    String cursor = null;
    boolean last = false;
    int failures = 0;
    for (int attempt = 0; !last; attempt++) {
      AtomicInteger left = new AtomicInteger(attempt % 9);
      proxy.executeButDropReply(
          line ->
              line.matches("(?s)(SCAN|INFO|HGET|XREVRANGE|XRANGE) .*")
                  && left.getAndDecrement() == 0);
      try (RedisConnection cutOff =
          RedisConnection.builder()
              .url(proxy.url())
              .retry(1, Duration.ofMillis(1))
              .lazy()
              .build()) {
        ExportPage page =
            ChannelExport.builder(cutOff, tenant)
                .channel("a", Serde.string())
                .channel("b", Serde.string())
                .channel("c", Serde.string())
                .pageSize(7)
                .build()
                .page(cursor);
        got.addAll(payloads(page));
        cursor = page.cursor();
        last = page.isLast();
      } catch (MessagingException e) {
        assertThat(e.code()).isIn(ErrorCode.OUTCOME_UNKNOWN, ErrorCode.UNAVAILABLE);
        failures++;
      }
      proxy.heal();
    }
    assertThat(got).containsExactlyElementsOf(expected);
    assertThat(failures).isPositive();
  }

  @Test
  void aLineTellsAllOfAMessageAndTheChannelIsLeftAsItIs() {
    Channel<String> board = Buses.channel("board");
    bus.publish(tenant, board, Message.of("placed", "p\n1").key("c-1").header("trace", "4bf9"));
    ChannelKeys keys = KeyLayout.of(redis).channel(tenant, "board");
    List<Byte> before = dump(keys.meta());

    ExportPage page =
        ChannelExport.builder(redis, tenant).channel("board", Serde.string()).build().page(null);

    assertThat(page.isLast()).isTrue();
    assertThat(lines(page))
        .singleElement()
        .satisfies(
            line -> {
              assertThat(line)
                  .containsEntry("tenant", tenant.name())
                  .containsEntry("kind", "channel")
                  .containsEntry("channel", "board")
                  .containsEntry("type", "placed")
                  .containsEntry("key", "c-1")
                  .containsEntry("headers", Map.of("trace", "4bf9"))
                  .containsEntry("payload", "p\n1")
                  .containsKeys("id", "time");
              assertThat(line.get("details")).asString().contains("version=1", "epoch=");
            });
    assertThat(dump(keys.meta())).isEqualTo(before);
  }

  private List<Byte> dump(RedisKey key) {
    List<Byte> bytes = new ArrayList<>();
    for (byte each : Replies.bytes(redis.commands().execute(Command.of("DUMP").key(key)))) {
      bytes.add(each);
    }
    return bytes;
  }

  @Test
  void publishingGoesOnAndALogBegunAnewIsReadFromItsBeginning() throws Exception {
    Channel<String> board = Buses.channel("board");
    Buses.publish(bus, tenant, board, Buses.numbers("old", 1, 30));
    ChannelExport export =
        ChannelExport.builder(redis, tenant).channel("board", Serde.string()).pageSize(10).build();
    ExportPage page = export.page(null);
    Buses.publish(bus, tenant, board, Buses.numbers("late", 1, 10));
    ExportPage second = export.page(page.cursor());
    assertThat(payloads(page)).containsExactlyElementsOf(Buses.numbers("old", 1, 10));
    assertThat(payloads(second)).containsExactlyElementsOf(Buses.numbers("old", 11, 20));
    ExportPage third = export.page(second.cursor());
    assertThat(payloads(third)).containsExactlyElementsOf(Buses.numbers("old", 21, 30));
    assertThat(lines(export.page(third.cursor()))).isEmpty();

    ChannelKeys keys = KeyLayout.of(redis).channel(tenant, "board");
    redis.commands().execute(Command.of("DEL").key(keys.buffer()).key(keys.meta()));
    Buses.publish(bus, tenant, board, Buses.numbers("new", 1, 5));
    assertThat(payloads(export.page(page.cursor())))
        .containsExactlyElementsOf(Buses.numbers("new", 1, 5));
  }

  @Test
  void whatIsNoFrameIsExportedToo() {
    bus.publish(tenant, Buses.channel("board"), Message.of("test", "m"));
    KeyLayout layout = KeyLayout.of(redis);
    redis
        .commands()
        .execute(
            Command.of("XADD")
                .key(layout.channel(tenant, "board").buffer())
                .arg(7)
                .arg("frame")
                .arg("junk"));
    redis
        .commands()
        .execute(Command.of("SET").key(layout.channel(tenant, "wrong").buffer()).arg("x"));
    ExportPage page = ChannelExport.builder(redis, tenant).build().page(null);
    assertThat(lines(page)).hasSize(3);
    assertThat(lines(page).get(0)).containsKey("payloadBase64");
    assertThat(lines(page).get(1)).containsEntry("fields", Map.of("frame", "anVuaw=="));
    assertThat(lines(page).get(2)).containsKey("error");
    assertThatThrownBy(
            () -> ChannelExport.builder(redis, Tenant.of("other")).build().page(page.cursor()))
        .isInstanceOf(InvalidValueException.class);
  }
}
