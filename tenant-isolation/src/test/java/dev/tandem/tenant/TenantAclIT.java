package dev.tandem.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RedisTest
class TenantAclIT {
  private static final String SECRET = "sesame-open-sesame";
  private static final String OTHER_SECRET = "abracadabra-abracadabra";

  private RedisServer server;
  private RedisConnection redis;
  private TenantAcl acl;
  private Tenant tenant;

  @BeforeEach
  void connect(RedisServer given, @UniqueTenant String name) {
    server = given;
    redis = RedisConnection.connect(server.url());
    acl = TenantAcl.of(redis);
    tenant = Tenant.of(name);
  }

  @AfterEach
  void clean() {
    acl.remove(tenant);
    redis.close();
  }

  private RedisConnection login(TenantLogin login) {
    return RedisConnection.builder()
        .url(server.url())
        .credentials(login.user(), login.secret())
        .retry(1, Duration.ofMillis(1))
        .lazy()
        .build();
  }

  private static Object call(RedisConnection as, String name, String... arguments) {
    Command command = Command.of(name);
    List.of(arguments).forEach(command::arg);
    return String.valueOf(as.commands().execute(command));
  }

  private static void refuses(RedisConnection as, String name, String... arguments) {
    assertThatThrownBy(() -> call(as, name, arguments))
        .as("%s %s", name, List.of(arguments))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ACCESS_DENIED))
        .hasMessageContaining(name);
  }

  private boolean letsIn(TenantLogin login) {
    try (RedisConnection as = login(login)) {
      as.serverTime();
      return true;
    } catch (MessagingException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.ACCESS_DENIED);
      return false;
    }
  }

  @Test
  void itsUserReachesItsOwnKeysAndNoOthers() {
    TenantLogin login = acl.create(tenant);
    String own = "tenant:" + tenant + ":";
    String longer = "tenant:" + tenant + "2:";
    String tagged = "tenant:{" + tenant + "}:";
    List<String> others = List.of(longer, tagged, "tenant:" + tenant, "tenant:*:", "x", "");
    others.forEach(prefix -> server.execute("SET", prefix + "key", "theirs"));
    try (RedisConnection as = login(login)) {
      call(as, "SET", own + "key", "mine");
      assertThat(server.execute("GET", own + "key")).isEqualTo("mine");
      call(as, "PUBLISH", own + "channel:x", "hello");
      call(as, "PUBLISH", "tandem:probe:x", "hello");
      call(as, "EVAL", "return redis.call('get', KEYS[1])", "1", own + "key");
      for (String prefix : others) {
        refuses(as, "GET", prefix + "key");
        refuses(as, "SET", prefix + "key", "mine");
        refuses(as, "PUBLISH", prefix + "key", "mine");
        refuses(as, "EVAL", "return redis.call('get', KEYS[1])", "1", prefix + "key");
        refuses(as, "EVAL", "return redis.call('get', ARGV[1])", "0", prefix + "key");
        refuses(as, "EVAL", "return redis.call('publish', ARGV[1], '')", "0", prefix + "key");
        assertThat(server.execute("GET", prefix + "key")).isEqualTo("theirs");
      }
    }
    others.forEach(prefix -> server.execute("DEL", prefix + "key"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "KEYS *",
        "SCAN 0",
        "RANDOMKEY",
        "DBSIZE",
        "FLUSHALL",
        "FLUSHDB",
        "SWAPDB 0 1",
        "INFO",
        "CONFIG GET *",
        "CONFIG SET maxmemory 1",
        "CLIENT LIST",
        "CLIENT KILL ID 1",
        "CLIENT PAUSE 1",
        "ACL LIST",
        "ACL WHOAMI",
        "ACL SETUSER me",
        "SCRIPT LOAD x",
        "SCRIPT FLUSH",
        "SCRIPT KILL",
        "PUBSUB CHANNELS",
        "PUBSUB NUMPAT",
        "MONITOR",
        "SAVE",
        "BGSAVE",
        "SHUTDOWN",
        "REPLICAOF NO ONE",
        "SLOWLOG GET",
        "LATENCY LATEST",
        "MODULE LIST",
        "MEMORY STATS",
        "COMMAND INFO get",
        "OBJECT HELP",
        "WAIT 0 0",
        "MULTI",
        "SYNC",
        "CLUSTER NODES",
        "SUBSCRIBE __keyspace@0__:x",
        "PSUBSCRIBE *",
        "PSUBSCRIBE tenant:*"
      })
  void itsUserMayNothingThatConcernsOthers(String line) {
    String[] words = line.split(" ", 2);
    String[] arguments = words.length == 1 ? new String[0] : words[1].split(" ", -1);
    try (RedisConnection as = login(acl.create(tenant))) {
      refuses(as, words[0], arguments);
    }
  }

  @Test
  void listensToItsOwnChannelsOnly() {
    try (RedisConnection as = login(acl.create(tenant))) {
      refuses(as, "SUBSCRIBE", "tenant:" + tenant + "2:channel:x");
      refuses(as, "SUBSCRIBE", "tenant:{" + tenant + "}:channel:x");
      refuses(as, "PSUBSCRIBE", "tenant:" + tenant + "*");
      refuses(as, "PSUBSCRIBE", "tenant:" + tenant + ":channel:orders.*");
      call(as, "SUBSCRIBE", "tenant:" + tenant + ":channel:x");
    }
    TenantAcl withPatterns = TenantAcl.builder(redis).channelPattern("orders.*").build();
    assertThat(withPatterns.show(tenant).isAsItShouldBe()).isFalse();
    try (RedisConnection as = login(withPatterns.create(tenant))) {
      refuses(as, "PSUBSCRIBE", "tenant:" + tenant + ":channel:order.*");
      call(as, "PSUBSCRIBE", "tenant:" + tenant + ":channel:orders.*");
    }
    assertThat(withPatterns.show(tenant).differences()).isEmpty();
  }

  @Test
  void aHashTaggedUserReachesItsOwnLayoutOnly() {
    try (RedisConnection tagging = RedisConnection.builder().url(server.url()).hashTags().build()) {
      TenantAcl tagged = TenantAcl.of(tagging);
      try (RedisConnection as = login(tagged.create(tenant))) {
        call(as, "SET", "tenant:{" + tenant + "}:key", "mine");
        refuses(as, "GET", "tenant:" + tenant + ":key");
        refuses(as, "GET", "tenant:{" + tenant + "2}:key");
        refuses(as, "GET", "tenant:{" + tenant + "}");
        assertThat(tagged.show(tenant).differences()).isEmpty();
        assertThat(acl.show(tenant).exists()).as("in the plain layout").isFalse();
        assertThat(tagged.tenants()).contains(tenant);
        assertThat(acl.tenants()).doesNotContain(tenant);
      } finally {
        server.execute("DEL", "tenant:{" + tenant + "}:key");
        assertThat(tagged.remove(tenant)).isTrue();
      }
    }
  }

  @Test
  void createdAgainItIsTheSameAndNobodyIsCut() {
    TenantLogin login = acl.create(tenant, SECRET);
    String before = String.valueOf(server.execute("ACL", "GETUSER", login.user()));
    try (RedisConnection as = login(login)) {
      as.serverTime();
      long failures = as.stats().connectionFailures();
      acl.create(tenant, SECRET);
      assertThat(server.execute("ACL", "GETUSER", login.user())).hasToString(before);
      acl.create(tenant, OTHER_SECRET);
      as.serverTime();
      assertThat(as.stats().connectionFailures()).isEqualTo(failures);
    }
    assertThat(letsIn(login)).as("with the secret that was replaced").isFalse();
  }

  @Test
  void showsWhatTheServerHolds() {
    assertThat(acl.show(tenant).exists()).isFalse();
    assertThat(acl.show(tenant).differences()).singleElement().asString().endsWith("not there");

    TenantLogin login = acl.create(tenant);

    TenantAccess access = acl.show(tenant);
    assertThat(access.differences()).isEmpty();
    assertThat(access.isAsItShouldBe()).isTrue();
    assertThat(access.user()).isEqualTo("tenant:" + tenant);
    assertThat(access.nodes())
        .singleElement()
        .satisfies(
            node -> {
              assertThat(node.enabled()).isTrue();
              assertThat(node.secrets()).isEqualTo(1);
              assertThat(node.keys()).containsExactly("tenant:" + tenant + ":*");
              assertThat(node.channels())
                  .containsExactlyInAnyOrder("tenant:" + tenant + ":*", "tandem:probe:*");
              assertThat(node.commands()).contains("xadd", "xgroup|create").doesNotContain("keys");
              assertThat(node.isDefaultUserOpen()).isTrue();
            });
    assertThat(access.toString()).doesNotContain(login.digest());
    assertThat(login.toString() + acl.show(tenant)).doesNotContain(login.secret());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "off",
        "nopass",
        "resetpass",
        "~other:*",
        "resetkeys",
        "&other:*",
        "allchannels",
        "+config|get",
        "+@read",
        "+@all",
        "-xadd",
        "-@stream",
        "+xgroup"
      })
  void tellsEveryDifferenceAndMendsIt(String change) {
    TenantLogin login = acl.create(tenant, SECRET);

    server.execute("ACL", "SETUSER", login.user(), change);
    assertThat(acl.show(tenant).isAsItShouldBe()).isFalse();
    assertThat(acl.show(tenant).differences()).as("after %s", change).isNotEmpty();

    acl.create(tenant, SECRET);
    assertThat(acl.show(tenant).differences()).isEmpty();
    server.execute("ACL", "SETUSER", login.user(), change);
    acl.rotate(tenant, SECRET);
    assertThat(acl.show(tenant).differences()).isEmpty();
  }

  @Test
  void tellsOfSelectorsAndMendsThem() {
    if (server.version().startsWith("6.")) {
      return; // there are none yet
    }
    TenantLogin login = acl.create(tenant, SECRET);
    server.execute("ACL", "SETUSER", login.user(), "(+@all ~*)");
    assertThat(acl.show(tenant).differences()).singleElement().asString().contains("selectors");
    acl.rotate(tenant, SECRET);
    assertThat(acl.show(tenant).differences()).isEmpty();
  }

  @Test
  void rotatesTheSecretWithoutABreak() {
    TenantLogin old = acl.create(tenant);
    TenantLogin next = acl.rotate(tenant);

    assertThat(next.secret()).isNotEqualTo(old.secret());
    assertThat(letsIn(old)).isTrue();
    assertThat(letsIn(next)).isTrue();
    assertThat(acl.show(tenant).nodes().get(0).secrets()).isEqualTo(2);
    assertThat(acl.show(tenant).isAsItShouldBe()).isTrue();

    assertThatThrownBy(() -> acl.retireOthers(tenant, SECRET))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageStartingWith("secret to keep was")
        .hasMessageNotContaining(SECRET);
    assertThat(letsIn(old)).isTrue();

    try (RedisConnection as = login(old)) {
      as.serverTime();
      acl.retireOthers(tenant, next.secret());
      as.serverTime();
      assertThat(letsIn(old)).isFalse();
      assertThat(letsIn(next)).isTrue();
      assertThat(acl.disconnect(tenant)).isPositive();
      assertThatThrownBy(as::serverTime).isInstanceOf(MessagingException.class);
    }
  }

  @Test
  void secretsDoNotPileUp() {
    acl.create(tenant);
    for (int i = 1; i < TenantAcl.MOST_SECRETS; i++) {
      acl.rotate(tenant);
    }
    assertThatThrownBy(() -> acl.rotate(tenant))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("secrets of tenant " + tenant + " was 9: must be 1 to 8");
  }

  @Test
  void removesTheUserAndItsConnections() {
    TenantLogin login = acl.create(tenant);
    server.execute("SET", "tenant:" + tenant + ":key", "stays");
    try (RedisConnection as = login(login)) {
      as.serverTime();
      assertThat(acl.tenants()).contains(tenant);
      assertThat(acl.remove(tenant)).isTrue();
      assertThatThrownBy(as::serverTime).isInstanceOf(MessagingException.class);
    }
    assertThat(acl.remove(tenant)).isFalse();
    assertThat(acl.disconnect(tenant)).isZero();
    assertThat(acl.tenants()).doesNotContain(tenant);
    await().until(() -> !String.valueOf(server.execute("CLIENT", "LIST")).contains(login.user()));
    assertThat(server.execute("GET", "tenant:" + tenant + ":key")).isEqualTo("stays");
  }

  @Test
  void whoMayNotAdministerIsTold() {
    try (RedisConnection as = login(acl.create(tenant))) {
      TenantAcl powerless = TenantAcl.of(as);
      Tenant other = Tenant.of(tenant + "2");
      List<Runnable> calls =
          List.of(
              () -> powerless.create(other),
              () -> powerless.rotate(other),
              () -> powerless.retireOthers(other, SECRET),
              () -> powerless.show(other),
              () -> powerless.disconnect(other),
              () -> powerless.remove(other));
      for (Runnable call : calls) {
        assertThatThrownBy(call::run)
            .isInstanceOfSatisfying(
                MessagingException.class,
                e -> {
                  assertThat(e.code()).isEqualTo(ErrorCode.ACCESS_DENIED);
                  assertThat(e.retryable()).isFalse();
                  assertThat(e.tenant()).contains(other.name());
                })
            .hasMessageStartingWith("cannot ")
            .hasMessageContaining("the user of tenant " + other)
            .hasMessageContaining("NOPERM");
      }
      assertThatThrownBy(powerless::tenants)
          .isInstanceOfSatisfying(
              MessagingException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.ACCESS_DENIED));
    }
  }

  @Test
  void theServerIsNeverToldTheSecret() {
    TenantLogin login = acl.create(tenant, SECRET);
    assertThat(login.secret()).isEqualTo(SECRET);
    server.execute("CONFIG", "SET", "slowlog-log-slower-than", "0");
    try {
      acl.create(tenant, SECRET);
      acl.rotate(tenant, OTHER_SECRET);
      acl.retireOthers(tenant, OTHER_SECRET);
      assertThat(String.valueOf(server.execute("SLOWLOG", "GET", "128")))
          .contains(login.user())
          .doesNotContain(SECRET)
          .doesNotContain(OTHER_SECRET);
    } finally {
      server.execute("CONFIG", "SET", "slowlog-log-slower-than", "10000");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "short",
        "fifteen-letters",
        "sesame\nopen-sesame",
        "\ud800 sesame-open-sesame"
      })
  void refusesBadSecretsWithoutShowingThem(String secret) {
    for (Runnable call :
        List.<Runnable>of(
            () -> acl.create(tenant, secret),
            () -> acl.rotate(tenant, secret),
            () -> acl.retireOthers(tenant, secret))) {
      assertThatThrownBy(call::run)
          .isInstanceOf(InvalidValueException.class)
          .hasMessageStartingWith("length of secret was " + secret.length());
    }
    assertThat(acl.show(tenant).exists()).isFalse();
  }

  @Test
  void savingNeedsAnAclFile() {
    TenantAcl saving = TenantAcl.builder(redis).saving().build();
    assertThatThrownBy(() -> saving.create(tenant))
        .isInstanceOf(MessagingException.class)
        .hasMessageContaining("cannot create and save")
        .hasMessageContaining("ACL file");
  }

  @Test
  void agreesWithTheServerOnWhatRulesMean() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<String> rules =
        List.of(
            "+@read",
            "-@read",
            "+@fast",
            "-@fast",
            "+@dangerous",
            "-@dangerous",
            "+@all",
            "-@all",
            "+get",
            "-get",
            "+dbsize",
            "-dbsize",
            "+@connection",
            "-ping",
            "+xgroup|create",
            "-xgroup",
            "+client|setname",
            "-client",
            "+@scripting",
            "+memory");
    TenantLogin login = acl.create(tenant, SECRET);
    try (RedisConnection as = login(login)) {
      for (int round = 0; round < 100; round++) {
        String rule = rules.get(random.nextInt(rules.size()));
        server.execute("ACL", "SETUSER", login.user(), rule);
        Set<String> allowed = acl.show(tenant).nodes().get(0).commands();
        for (String command : List.of("PING", "DBSIZE", "LASTSAVE", "TIME", "RANDOMKEY")) {
          assertThat(allowed.contains(command.toLowerCase(Locale.ROOT)) || allowed.contains("@all"))
              .as("%s after %s in round %d: %s, seed %d", command, rule, round, allowed, seed)
              .isEqualTo(isAllowed(as, command));
        }
      }
    }
  }

  private static boolean isAllowed(RedisConnection as, String command) {
    try {
      call(as, command);
      return true;
    } catch (MessagingException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.ACCESS_DENIED);
      return false;
    }
  }

  @Test
  void usersInTheAclFileOutliveTheServer(@TempDir Path directory) throws IOException {
    Path file = Files.createFile(directory.resolve("users.acl"));
    try (RedisServer own = RedisServer.builder().setting("aclfile", file.toString()).start();
        RedisConnection admin = RedisConnection.connect(own.url())) {
      TenantAcl saving = TenantAcl.builder(admin).saving().build();
      saving.create(tenant, SECRET);
      own.restart();
      await().ignoreExceptions().until(() -> saving.show(tenant).isAsItShouldBe());
      assertThat(saving.remove(tenant)).isTrue();
      own.restart();
      await().ignoreExceptions().until(() -> !saving.show(tenant).exists());
    }
  }
}
