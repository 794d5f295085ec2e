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

  private static List<RedisKey> all(KeyLayout layout, Tenant tenant, String name, String group) {
    StreamKeys stream = layout.stream(tenant, name);
    GroupKeys keys = stream.group(group);
    ChannelKeys channel = layout.channel(tenant, name);
    return List.of(
        stream.stream(),
        stream.trim(),
        stream.trimTurn(),
        keys.dead(),
        keys.due(),
        keys.sweep(),
        keys.claims(),
        keys.receipt("r1"),
        keys.replay().stream(),
        keys.replay().due(),
        keys.replay().sweep(),
        stream.scheduled(),
        stream.scheduledMessages(),
        stream.scheduledRecently(),
        channel.channel(),
        channel.buffer(),
        channel.meta());
  }

  @Test
  void writesPlainKeys() {
    assertThat(all(KeyLayout.plain(), ACME, "orders", "billing"))
        .extracting(RedisKey::text)
        .containsExactly(
            "tenant:acme:stream:orders",
            "tenant:acme:stream:orders:trim",
            "tenant:acme:stream:orders:trim:turn",
            "tenant:acme:stream:orders:group:billing:dead",
            "tenant:acme:stream:orders:group:billing:due",
            "tenant:acme:stream:orders:group:billing:sweep",
            "tenant:acme:stream:orders:group:billing:claims",
            "tenant:acme:stream:orders:group:billing:receipt:r1",
            "tenant:acme:stream:orders:group:billing:replay",
            "tenant:acme:stream:orders:group:billing:replay:due",
            "tenant:acme:stream:orders:group:billing:replay:sweep",
            "tenant:acme:stream:orders:scheduled",
            "tenant:acme:stream:orders:scheduled:messages",
            "tenant:acme:stream:orders:scheduled:recent",
            "tenant:acme:channel:orders",
            "tenant:acme:channel:orders:buffer",
            "tenant:acme:channel:orders:meta");
  }

  @Test
  void writesHashTaggedKeys() {
    assertThat(all(KeyLayout.hashTagged(), ACME, "orders", "billing"))
        .extracting(RedisKey::text)
        .containsExactly(
            "tenant:{acme}:stream:orders",
            "tenant:{acme}:stream:orders:trim",
            "tenant:{acme}:stream:orders:trim:turn",
            "tenant:{acme}:stream:orders:group:billing:dead",
            "tenant:{acme}:stream:orders:group:billing:due",
            "tenant:{acme}:stream:orders:group:billing:sweep",
            "tenant:{acme}:stream:orders:group:billing:claims",
            "tenant:{acme}:stream:orders:group:billing:receipt:r1",
            "tenant:{acme}:stream:orders:group:billing:replay",
            "tenant:{acme}:stream:orders:group:billing:replay:due",
            "tenant:{acme}:stream:orders:group:billing:replay:sweep",
            "tenant:{acme}:stream:orders:scheduled",
            "tenant:{acme}:stream:orders:scheduled:messages",
            "tenant:{acme}:stream:orders:scheduled:recent",
            "tenant:{acme}:channel:orders",
            "tenant:{acme}:channel:orders:buffer",
            "tenant:{acme}:channel:orders:meta");
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
        boolean ofGroup = kind >= 1 && kind <= 8;
        String owner = tenant + " " + name + " " + (ofGroup ? group + " " : "") + kind;
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
