package dev.tandem.docs.tenants;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.hybrid.HybridPublisher;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.RedisConnectionBuilder;
import dev.tandem.streams.StreamProducer;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantAcl;
import dev.tandem.tenant.TenantLogin;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nothing that a caller passes leaves its tenant. The server proves it: the connection is logged in
 * as the tenant's user, who may touch only what is under the tenant's prefix, and the server writes
 * down each attempt at anything else, in scripts too.
 */
@RedisTest(dedicated = true)
class HostileNamesIT {
  private static final int MOST_IN_A_MESSAGE = 700;
  private static final Pattern RULE = Pattern.compile("[a-zA-Z0-9._-]{1,128}");

  /** What stands in a key as it is: beyond the rule it could pass for a key of another kind. */
  private static final Pattern PARTS_OF_KEYS =
      Pattern.compile(
          "tenant|topic.*|group.*|category( of a status)?|channel( named| of events| of a"
              + " cache)?|projection.*|instance.*|state|presence|request|consumer( by hand)?");

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void areRefusedAtTheDoorOrStayInside(boolean hashTags, RedisServer server) throws Exception {
    long seed = new Random().nextLong();
    List<String> names = HostileNames.all(new Random(seed));
    server.execute("FLUSHALL");
    Tenant acme = Tenant.of("acme");
    try (RedisConnection admin = connection(server, hashTags).build()) {
      TenantLogin login = TenantAcl.of(admin).create(acme);
      try (RedisConnection redis =
              connection(server, hashTags).credentials(login.user(), login.secret()).build();
          World world = new World(redis, admin, acme, Duration.ofMillis(1));
          StreamProducer producer = StreamProducer.builder(redis).build();
          LiveBus bus = LiveBus.builder(redis).build();
          HybridPublisher hybrid = HybridPublisher.builder(redis).build()) {
        world.populate();
        server.execute("ACL", "LOG", "RESET");
        int refused = 0;
        int taken = 0;
        for (List<Door> doors : Door.all(producer, bus, hybrid)) {
          for (Door door : doors) {
            for (String name : names) {
              if (isRefused(door, world, name, seed)) {
                refused++;
              } else {
                taken++;
                assertThat(
                        RULE.matcher(name).matches()
                            || !PARTS_OF_KEYS.matcher(door.what()).matches())
                    .as("'%s' became the name of a %s, seed %d", name, door.what(), seed)
                    .isTrue();
              }
            }
          }
        }
        assertThat(refused).as("seed %d", seed).isGreaterThan(2_000);
        assertThat(taken).as("seed %d", seed).isGreaterThan(500);
        assertInside(server, world, seed);
      }
    }
  }

  private static RedisConnectionBuilder connection(RedisServer server, boolean hashTags) {
    RedisConnectionBuilder builder = RedisConnection.builder().url(server.url());
    return hashTags ? builder.hashTags() : builder;
  }

  private static boolean isRefused(Door door, World world, String name, long seed)
      throws Exception {
    try {
      Object made = door.call().with(world, name);
      if (made instanceof AutoCloseable closeable) {
        closeable.close();
      }
      return false;
    } catch (InvalidValueException e) {
      String told = String.valueOf(e.getMessage());
      assertThat(told)
          .as("%s, seed %d", door.what(), seed)
          .startsWith(e.what() + " was ")
          .matches("(?s).+ was .*: .+")
          .hasSizeLessThan(MOST_IN_A_MESSAGE);
      assertThat(told.chars())
          .as("characters of %s, seed %d", told, seed)
          .noneMatch(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x202e);
      return true;
    } catch (MessagingException e) {
      assertThat(e.code())
          .as("%s: %s, seed %d", door.what(), e, seed)
          .isIn(ErrorCode.GROUP_MISSING, ErrorCode.CONFLICT);
      return true;
    } catch (RuntimeException e) {
      throw new AssertionError(door.what() + " with a name of seed " + seed, e);
    }
  }

  private static void assertInside(RedisServer server, World world, long seed) {
    assertThat((List<?>) server.execute("KEYS", "*"))
        .as("keys, seed %d", seed)
        .hasSizeGreaterThan(20)
        .allMatch(key -> String.valueOf(key).startsWith(world.prefix()));
    assertThat((List<?>) server.execute("PUBSUB", "CHANNELS"))
        .as("channels, seed %d", seed)
        .allMatch(each -> String.valueOf(each).matches("(tenant:\\{?acme}?|tandem:probe):.*"));
    assertThat((List<?>) server.execute("ACL", "LOG", "128"))
        .as("what the server refused, seed %d", seed)
        .noneMatch(entry -> String.valueOf(entry).matches("(?s).*reason, (key|channel),.*"));
  }
}
