package dev.tandem.docs.tenants;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.RedisConnectionBuilder;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantAcl;
import dev.tandem.tenant.TenantLogin;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every public operation on a connection that is logged in as a tenant's user: it succeeds for that
 * tenant, and for another it is refused, having read and changed nothing.
 */
@RedisTest(dedicated = true)
class TenantOperationsIT {
  private static final Tenant ACME = Tenant.of("acme");
  private static final Tenant NEIGHBOUR = Tenant.of("acme2");

  /** Who may not ask what the server can do is told by HELLO. */
  private static final Pattern ASKED_ON_CONNECTING =
      Pattern.compile(
          "reason, command, .*object, (info|command|command\\|info|client|client\\|setinfo),");

  /** What is refused when no caller waits: health tells. */
  private static final Pattern IN_BACKGROUND =
      Pattern.compile(
          "(StreamWorker|TenantSource|Batch|Transaction|HybridTransaction|SchedulePromoter"
              + "|Projection|OutboxRelay)\\..*");

  private RedisServer server;

  @BeforeEach
  void empty(RedisServer given) {
    server = given;
    server.execute("FLUSHALL");
    server.execute("ACL", "LOG", "RESET");
  }

  private RedisConnectionBuilder connection(boolean hashTags) {
    RedisConnectionBuilder builder = RedisConnection.builder().url(server.url());
    return hashTags ? builder.hashTags() : builder;
  }

  @TestFactory
  List<DynamicTest> succeedForTheTenantItself() {
    return tests(false, ACME, this::succeeds);
  }

  @TestFactory
  List<DynamicTest> succeedForTheTenantItselfWithHashTags() {
    return tests(true, ACME, this::succeeds);
  }

  @TestFactory
  List<DynamicTest> areRefusedForAnother() {
    return tests(false, NEIGHBOUR, this::isRefused);
  }

  @TestFactory
  List<DynamicTest> areRefusedForAnotherWithHashTags() {
    return tests(true, NEIGHBOUR, this::isRefused);
  }

  @TestFactory
  List<DynamicTest> areForAdministratorsOnly() {
    List<Operation<?>> operations = AdministratorsOperations.forAdministratorsOnly();
    return Stream.of(ACME, NEIGHBOUR)
        .flatMap(tenant -> tests(operations, false, tenant, this::isNotForTenants).stream())
        .toList();
  }

  /** Tries an operation. */
  private interface Trial {
    void of(Operation<?> operation, World world) throws Exception;
  }

  private List<DynamicTest> tests(boolean hashTags, Tenant tenant, Trial trial) {
    return tests(TenantOperations.all(), hashTags, tenant, trial);
  }

  private List<DynamicTest> tests(
      List<Operation<?>> operations, boolean hashTags, Tenant tenant, Trial trial) {
    return operations.stream()
        .map(
            operation ->
                DynamicTest.dynamicTest(
                    operation.method(), () -> tried(hashTags, tenant, operation, trial)))
        .toList();
  }

  private void tried(boolean hashTags, Tenant tenant, Operation<?> operation, Trial trial)
      throws Exception {
    server.execute("FLUSHALL");
    try (RedisConnection admin = connection(hashTags).build()) {
      TenantLogin login = TenantAcl.of(admin).create(ACME);
      try (RedisConnection redis =
              connection(hashTags).credentials(login.user(), login.secret()).build();
          World world = new World(redis, admin, tenant, waits(tenant))) {
        world.populate();
        trial.of(operation, world);
      }
    }
  }

  private static Duration waits(Tenant tenant) {
    return tenant.equals(ACME) ? World.PATIENCE : Duration.ofMillis(100);
  }

  private void succeeds(Operation<?> operation, World world) throws Exception {
    operation.prepare(world).run();

    assertThat((List<?>) server.execute("ACL", "LOG"))
        .as("what was refused meanwhile, besides questions on connecting")
        .noneMatch(entry -> !ASKED_ON_CONNECTING.matcher(String.valueOf(entry)).find());
  }

  private void isRefused(Operation<?> operation, World world) throws Exception {
    Operation.Attempt attempt = operation.prepare(world);
    Map<String, String> before = everythingOf(world);
    assertThat(before).isNotEmpty();

    Throwable error = catchThrowable(attempt::run);

    if (!(IN_BACKGROUND.matcher(operation.method()).matches()
        && error instanceof World.ToldByHealth)) {
      assertDenied(error);
    }
    Throwable cause = error instanceof CompletionException ? error.getCause() : error;
    assertThat(cause).hasMessageContaining(world.prefix());
    assertThat(everythingOf(world)).isEqualTo(before);
  }

  private static void assertDenied(@Nullable Throwable error) {
    Throwable cause = error instanceof CompletionException ? error.getCause() : error;
    assertThat(cause)
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ACCESS_DENIED));
  }

  private void isNotForTenants(Operation<?> operation, World world) throws Exception {
    Operation.Attempt attempt = operation.prepare(world);
    Map<String, String> before = everythingOf(world);
    Object users = server.execute("ACL", "LIST");

    assertDenied(catchThrowable(attempt::run));

    assertThat(everythingOf(world)).isEqualTo(before);
    assertThat(server.execute("ACL", "LIST")).isEqualTo(users);
  }

  /** All keys of a tenant, and what they hold. */
  private Map<String, String> everythingOf(World world) {
    Map<String, String> all = new TreeMap<>();
    for (String name : keys()) {
      if (name.startsWith(world.prefix())) {
        all.put(name, String.valueOf(server.execute("DUMP", name)));
      }
    }
    return all;
  }

  private List<String> keys() {
    return server.execute("KEYS", "*") instanceof List<?> keys
        ? keys.stream().map(String::valueOf).toList()
        : List.of();
  }
}
