package dev.tandem.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyLayoutTest {
  private static final Tenant ACME = Tenant.of("acme");

  private static List<RedisKey> events(KeyLayout layout, Tenant tenant, String name, String id) {
    EventKeys events = layout.events(tenant, name);
    AggregateKeys aggregate = events.aggregate(id);
    ProjectionKeys projection = events.projection("totals");
    return List.of(
        events.category(),
        aggregate.stream(),
        aggregate.meta(),
        aggregate.snapshot(),
        projection.state(),
        projection.view(),
        projection.skipped());
  }

  @Test
  void writesTheKeysOfEvents() {
    assertThat(events(KeyLayout.hashTagged(), ACME, "orders", "o-1"))
        .extracting(RedisKey::text)
        .containsExactly(
            "tenant:{acme}:events:orders",
            "tenant:{acme}:events:orders:aggregate:o-1",
            "tenant:{acme}:events:orders:aggregate:o-1:meta",
            "tenant:{acme}:events:orders:aggregate:o-1:snapshot",
            "tenant:{acme}:events:orders:projection:totals",
            "tenant:{acme}:events:orders:projection:totals:view",
            "tenant:{acme}:events:orders:projection:totals:skipped");
    EventKeys keys = KeyLayout.plain().events(ACME, "orders");
    assertThat(keys).hasToString("tenant:acme:events:orders");
    assertThat(keys.projection("p").category()).isEqualTo(keys.category());
    assertThat(keys.projection("p")).hasToString("tenant:acme:events:orders:projection:p");
    assertThat(keys.projection("p").name()).isEqualTo("p");
  }

  @Test
  void anAggregateIdIsEncodedSoThatItStaysInItsPlace() {
    EventKeys keys = KeyLayout.plain().events(ACME, "orders");
    String prefix = "tenant:acme:events:orders:aggregate:";
    assertThat(keys.aggregate("ann+1@example.org")).hasToString(prefix + "ann+1@example.org");
    assertThat(keys.aggregate("a:meta")).hasToString(prefix + "a%3Ameta");
    assertThat(keys.aggregate("{x}*%")).hasToString(prefix + "%7Bx%7D%2A%25");
    assertThat(keys.aggregate("ä")).hasToString(prefix + "%C3%A4");
    assertThat(keys.aggregate("ä").id()).isEqualTo("ä");
    assertRefused("aggregate id", () -> keys.aggregate(""));
    assertRefused("aggregate id", () -> keys.aggregate("a\n"));
    assertRefused("aggregate id", () -> keys.aggregate("x".repeat(AggregateKeys.MAX_ID + 1)));
    assertRefused("projection", () -> keys.projection("a:b"));
    assertRefused("category", () -> KeyLayout.plain().events(ACME, "a:b"));
  }

  @Test
  void noTwoAggregatesHaveOneKeyWhateverTheirIds() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    String letters = ":%{}*a3AäÄ😀";
    int[] characters = letters.codePoints().toArray();
    EventKeys keys = KeyLayout.hashTagged().events(ACME, "orders");
    int slot = keys.category().slot();
    Map<String, String> owners = new HashMap<>();
    for (int i = 0; i < 20_000; i++) {
      StringBuilder id = new StringBuilder();
      for (int n = 1 + random.nextInt(4); n > 0; n--) {
        id.appendCodePoint(characters[random.nextInt(characters.length)]);
      }
      AggregateKeys aggregate = keys.aggregate(id.toString());
      for (RedisKey key : List.of(aggregate.stream(), aggregate.meta(), aggregate.snapshot())) {
        assertThat(key.slot()).isEqualTo(slot);
      }
      String before = owners.putIfAbsent(aggregate.stream().text(), id.toString());
      assertThat(before == null ? id.toString() : before)
          .as("owner of %s, seed %d", aggregate, seed)
          .isEqualTo(id.toString());
    }
  }

  private static List<RedisKey> all(KeyLayout layout, Tenant tenant, String name, String group) {
    StreamKeys stream = layout.stream(tenant, name);
    GroupKeys keys = stream.group(group);
    ChannelKeys channel = layout.channel(tenant, name);
    return List.of(
        stream.stream(),
        stream.trim(),
        stream.trimTurn(),
        stream.producer("p1"),
        keys.dead(),
        keys.due(),
        keys.sweep(),
        keys.claims(),
        keys.deadTurn(),
        keys.receipt("r1"),
        keys.replay().stream(),
        keys.replay().due(),
        keys.replay().sweep(),
        stream.scheduled(),
        stream.scheduledMessages(),
        stream.scheduledRecently(),
        channel.channel(),
        channel.buffer(),
        channel.meta(),
        layout.publisher(tenant, "p1"));
  }

  @Test
  void writesPlainKeys() {
    assertThat(all(KeyLayout.plain(), ACME, "orders", "billing"))
        .extracting(RedisKey::text)
        .containsExactly(
            "tenant:acme:stream:orders",
            "tenant:acme:stream:orders:trim",
            "tenant:acme:stream:orders:trim:turn",
            "tenant:acme:stream:orders:producer:p1",
            "tenant:acme:stream:orders:group:billing:dead",
            "tenant:acme:stream:orders:group:billing:due",
            "tenant:acme:stream:orders:group:billing:sweep",
            "tenant:acme:stream:orders:group:billing:claims",
            "tenant:acme:stream:orders:group:billing:dead:turn",
            "tenant:acme:stream:orders:group:billing:receipt:r1",
            "tenant:acme:stream:orders:group:billing:replay",
            "tenant:acme:stream:orders:group:billing:replay:due",
            "tenant:acme:stream:orders:group:billing:replay:sweep",
            "tenant:acme:stream:orders:scheduled",
            "tenant:acme:stream:orders:scheduled:messages",
            "tenant:acme:stream:orders:scheduled:recent",
            "tenant:acme:channel:orders",
            "tenant:acme:channel:orders:buffer",
            "tenant:acme:channel:orders:meta",
            "tenant:acme:publisher:p1");
  }

  @Test
  void writesHashTaggedKeys() {
    assertThat(all(KeyLayout.hashTagged(), ACME, "orders", "billing"))
        .extracting(RedisKey::text)
        .containsExactly(
            "tenant:{acme}:stream:orders",
            "tenant:{acme}:stream:orders:trim",
            "tenant:{acme}:stream:orders:trim:turn",
            "tenant:{acme}:stream:orders:producer:p1",
            "tenant:{acme}:stream:orders:group:billing:dead",
            "tenant:{acme}:stream:orders:group:billing:due",
            "tenant:{acme}:stream:orders:group:billing:sweep",
            "tenant:{acme}:stream:orders:group:billing:claims",
            "tenant:{acme}:stream:orders:group:billing:dead:turn",
            "tenant:{acme}:stream:orders:group:billing:receipt:r1",
            "tenant:{acme}:stream:orders:group:billing:replay",
            "tenant:{acme}:stream:orders:group:billing:replay:due",
            "tenant:{acme}:stream:orders:group:billing:replay:sweep",
            "tenant:{acme}:stream:orders:scheduled",
            "tenant:{acme}:stream:orders:scheduled:messages",
            "tenant:{acme}:stream:orders:scheduled:recent",
            "tenant:{acme}:channel:orders",
            "tenant:{acme}:channel:orders:buffer",
            "tenant:{acme}:channel:orders:meta",
            "tenant:{acme}:publisher:p1");
  }

  @Test
  void namesWhatTheKeysBelongTo() {
    KeyLayout layout = KeyLayout.plain();
    GroupKeys group = layout.stream(ACME, "orders").group("billing");

    assertThat(group.group()).isEqualTo("billing");
    assertThat(group.stream()).isEqualTo(RedisKey.of("tenant:acme:stream:orders"));
    assertThat(group).hasToString("tenant:acme:stream:orders:group:billing");
    assertThat(layout.stream(ACME, "orders")).hasToString("tenant:acme:stream:orders");
    assertThat(layout.channel(ACME, "board")).hasToString("tenant:acme:channel:board");
    assertThat(layout.probe("host-1")).hasToString("tandem:probe:host-1");
  }

  @Test
  void aReplayStreamHasItsOwnKeysButTheDeadLettersOfItsGroup() {
    GroupKeys group = KeyLayout.plain().stream(ACME, "orders").group("billing");
    GroupKeys replay = group.replay();

    assertThat(group.isReplay()).isFalse();
    assertThat(replay.isReplay()).isTrue();
    assertThat(replay.group()).isEqualTo("billing");
    assertThat(replay.dead()).isEqualTo(group.dead());
    assertThat(replay.replay()).isSameAs(replay);
    assertThat(replay).hasToString("tenant:acme:stream:orders:group:billing:replay");
  }

  @Test
  void takesTheFormThatTheConnectionAsksFor() {
    try (RedisConnection plain =
            RedisConnection.builder().url("redis://127.0.0.1:1").lazy().build();
        RedisConnection tagged =
            RedisConnection.builder().url("redis://127.0.0.1:1").lazy().hashTags().build()) {
      assertThat(KeyLayout.of(plain).stream(ACME, "s").stream().text())
          .isEqualTo("tenant:acme:stream:s");
      assertThat(KeyLayout.of(tagged).stream(ACME, "s").stream().text())
          .isEqualTo("tenant:{acme}:stream:s");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a:b", "{a}", "a*", "a b", "../x", "a\n"})
  void refusesBadNamesWhereTheyEnter(String bad) {
    KeyLayout layout = KeyLayout.plain();

    assertRefused("topic", () -> layout.stream(ACME, bad));
    assertRefused("channel", () -> layout.channel(ACME, bad));
    assertRefused("group", () -> layout.stream(ACME, "orders").group(bad));
    assertRefused("call", () -> layout.stream(ACME, "orders").group("billing").receipt(bad));
    assertRefused("instance", () -> layout.probe(bad));
    assertRefused("topic", () -> layout.stream(ACME, bad));
  }

  private static void assertRefused(String what, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            InvalidValueException.class, e -> assertThat(e.what()).isEqualTo(what));
  }

  private static String anyName(Random random) {
    String letters = "ab.-_09";
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < 1 + random.nextInt(4); i++) {
      name.append(letters.charAt(random.nextInt(letters.length())));
    }
    // Also the words that keys are made of.
    List<String> words =
        List.of("stream", "channel", "group", "dead", "due", "replay", "scheduled", "buffer");
    return random.nextInt(5) == 0 ? words.get(random.nextInt(words.size())) : name.toString();
  }

  @Test
  void everythingOfATenantSharesASlotInTheHashTaggedForm() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    KeyLayout layout = KeyLayout.hashTagged();
    for (int i = 0; i < 5_000; i++) {
      Tenant tenant = Tenant.of(anyName(random));
      int slot = RedisKey.of(tenant.name()).slot();
      assertThat(all(layout, tenant, anyName(random), anyName(random)))
          .as("tenant %s, seed %d", tenant, seed)
          .allSatisfy(key -> assertThat(key.slot()).isEqualTo(slot));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void noTwoThingsHaveOneKey(boolean hashTags) {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    KeyLayout layout = hashTags ? KeyLayout.hashTagged() : KeyLayout.plain();
    Map<String, String> owners = new HashMap<>();
    for (int i = 0; i < 30_000; i++) {
      Tenant tenant = Tenant.of(anyName(random));
      String name = anyName(random);
      String group = anyName(random);
      List<RedisKey> keys = all(layout, tenant, name, group);
      for (int kind = 0; kind < keys.size(); kind++) {
        boolean ofGroup =
            keys.get(kind).text().contains(":stream:" + name + ":group:" + group + ":");
        boolean ofTenant = keys.get(kind).equals(layout.publisher(tenant, "p1"));
        String owner =
            tenant + (ofTenant ? " " : " " + name + " ") + (ofGroup ? group + " " : "") + kind;
        String before = owners.putIfAbsent(keys.get(kind).text(), owner);
        assertThat(before == null ? owner : before)
            .as("owner of %s, seed %d", keys.get(kind), seed)
            .isEqualTo(owner);
      }
    }
    assertThat(owners).as("seed %d", seed).hasSizeGreaterThan(10_000);
  }

  @Test
  void remembersKeysUpToABound() {
    KeyLayout layout = KeyLayout.plain();
    List<StreamKeys> streams = new ArrayList<>();
    List<ChannelKeys> channels = new ArrayList<>();
    for (int i = 0; i < KeyLayout.REMEMBERED + 10; i++) {
      streams.add(layout.stream(ACME, "s" + i));
      channels.add(layout.channel(ACME, "c" + i));
    }

    for (int i : new int[] {0, 1, KeyLayout.REMEMBERED - 1}) {
      assertThat(layout.stream(ACME, "s" + i)).isSameAs(streams.get(i));
      assertThat(layout.channel(ACME, "c" + i)).isSameAs(channels.get(i));
    }
    for (int i : new int[] {KeyLayout.REMEMBERED, KeyLayout.REMEMBERED + 9}) {
      assertThat(layout.stream(ACME, "s" + i)).isNotSameAs(streams.get(i));
      assertThat(layout.stream(ACME, "s" + i).stream()).isEqualTo(streams.get(i).stream());
      assertThat(layout.channel(ACME, "c" + i)).isNotSameAs(channels.get(i));
    }
  }

  @Test
  void givesEveryThreadTheSameKeys() throws Exception {
    KeyLayout layout = KeyLayout.plain();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Future<List<StreamKeys>>> found = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      found.add(
          threads.submit(
              () -> {
                List<StreamKeys> mine = new ArrayList<>();
                for (int i = 0; i < 500; i++) {
                  mine.add(layout.stream(ACME, "s" + i));
                }
                return mine;
              }));
    }
    for (Future<List<StreamKeys>> one : found) {
      for (int i = 0; i < 500; i++) {
        assertThat(one.get().get(i)).isSameAs(found.get(0).get().get(i));
      }
    }
    threads.shutdown();
  }
}
