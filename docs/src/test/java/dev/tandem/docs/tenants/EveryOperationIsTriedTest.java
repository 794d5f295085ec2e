package dev.tandem.docs.tenants;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.tandem.tenant.Tenant;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Each public method of each public type is tried by {@link TenantOperationsIT}, or it is said here
 * why it need not be: a new one fails this test until somebody has thought about it.
 */
class EveryOperationIsTriedTest {
  private static final List<String> PACKAGES =
      List.of(
          "dev.tandem.streams",
          "dev.tandem.streams.eventstore",
          "dev.tandem.pubsub",
          "dev.tandem.pubsub.events",
          "dev.tandem.pubsub.cache",
          "dev.tandem.pubsub.presence",
          "dev.tandem.pubsub.request",
          "dev.tandem.hybrid",
          "dev.tandem.outbox",
          "dev.tandem.tenant",
          "dev.tandem.tenant.quota",
          "dev.tandem.redis");

  /** What describes something and never asks the server. */
  private static final Set<String> VALUES =
      Set.of(
          "AggregateKeys",
          "Channel",
          "ChannelBatch",
          "ChannelKeys",
          "ChannelPattern",
          "ChannelSet",
          "DeadLetterRetention",
          "EventCategory",
          "EventKeys",
          "ExpectedVersion",
          "FixedRoute",
          "GroupKeys",
          "HybridReceipt",
          "HybridSubscribeOptions",
          "KeyLayout",
          "NamePattern",
          "Names",
          "Ordering",
          "OutagePolicy",
          "ProjectionKeys",
          "QuotaKeys",
          "ReplayOptions",
          "Route",
          "ScheduledId",
          "Spool",
          "StartPosition",
          "StreamKeys",
          "StreamMessage",
          "StreamPosition",
          "StreamRange",
          "StreamTopic",
          "SubscribeOptions",
          "TenantKeyring",
          "TenantQuota",
          "TenantLogin",
          "Trimming",
          "TypedRoute",
          "ViewUpdate",
          "WhenFull");

  /** What users write, and what is handed to it: it is called, and calls nothing by itself. */
  private static final Set<String> CALLED_BACK =
      Set.of(
          "BatchHandler",
          "DeadLetterHandler",
          "Delivery",
          "EventHandler",
          "LiveEvent",
          "LiveListener",
          "LiveMessage",
          "HybridTransactionalHandler",
          "PresenceListener",
          "ProjectionContext",
          "ProjectionHandler",
          "RequestHandler",
          "SpoolListener",
          "StreamHandler",
          "TailEvent",
          "TransactionalHandler",
          "ViewHandler",
          "ViewUpdate.Visitor");

  /** Methods that look at memory, end something, or only remember what they are given. */
  private static final Set<String> LOCAL =
      Set.of(
          "addListener",
          "awaitState",
          "builder",
          "close",
          "closeNow",
          "consumer",
          "equals",
          "failure",
          "hashCode",
          "health",
          "instanceId",
          "isActive",
          "isListening",
          "isSettled",
          "isTrusted",
          "members",
          "metrics",
          "of",
          "on",
          "onAny",
          "position",
          "positions",
          "publisherStats",
          "removeListener",
          "resetPublisherStats",
          "resetStats",
          "self",
          "state",
          "stats",
          "stopped",
          "subscriberStats",
          "toString",
          "wake");

  /** The others, each with the reason. */
  private static final Map<String, String> ELSEWHERE = elsewhere();

  private static Map<String, String> elsewhere() {
    String connection = "of the connection itself, and about no tenant";
    String within = "called within another operation here";
    return Stream.of(
            methods(
                "asks what a tenant's user may not ask; called within an operation for administrators",
                "KeyWalk.Reader.read(TenantKey,String,String,int)",
                "KeyWalk.page(String,int)",
                "RedisConnection.executeOn(String,Command)",
                "RedisConnection.executeOnEveryNode(Command)",
                "TenantScan.ofStreams(RedisConnection,String)"),
            methods(
                "works on the database of the application, which Redis users do not concern",
                "Outbox.discard(Connection,long)",
                "Outbox.failed(Connection,long,int)",
                "Outbox.inDefaultTable()",
                "Outbox.inTable(String)",
                "Outbox.retry(Connection,long)",
                "Outbox.save(Connection,Tenant,Message,OutboxRoute)",
                "Outbox.saveAll(Connection,Tenant,List,OutboxRoute)",
                "OutboxSchema.create(Connection)",
                "OutboxSchema.create(Connection,String)",
                "OutboxSchema.ddl(Connection,String)"),
            methods(
                connection,
                "RedisConnection.audit()",
                "RedisConnection.capabilities()",
                "RedisConnection.cluster(String[])",
                "RedisConnection.connect(String)",
                "RedisConnection.endpoint()",
                "RedisConnection.enforcesQuotas()",
                "RedisConnection.fromEnvironment()",
                "RedisConnection.fromEnvironment(Map)",
                "RedisConnection.isCluster()",
                "RedisConnection.metricsPrefix()",
                "RedisConnection.sentinel(String,String[])",
                "RedisConnection.serverTime()",
                "RedisConnection.usesHashTags()",
                "RedisConnection.using(UnifiedJedis)"),
            methods(
                within,
                "Batch.deliveries()",
                "Batch.retry(Delivery,Duration)",
                "CacheInvalidation.get(String,Function)",
                "CacheInvalidation.ready()",
                "LiveReader.poll(Duration)",
                "OutboxRelay.close(Duration)",
                "RedisConnection.openSubscriber()",
                "RequestAll.active()",
                "StreamReader.strict()",
                "StreamScheduler.mostWaiting(int)",
                "HybridTransactions.create()",
                "HybridTransactions.create(RandomGenerator)",
                "HybridTransactions.handler(HybridTransactionalHandler)",
                "StreamWorker.pause()",
                "StreamWorker.remove(Tenant)",
                "StreamWorker.tenants()",
                "StreamWorker.resume()",
                "Transaction.delivery()",
                "Transaction.state(String)",
                "TransactionState.delete(String)",
                "TransactionState.get(String)",
                "TransactionState.getAll(Collection)",
                "TransactionState.getLong(String)",
                "TransactionState.increment(String,long)",
                "TransactionState.put(String,String)",
                "TransactionState.put(String,long)"),
            methods(
                "reads what was delivered to memory",
                "HybridSubscription.active()",
                "HybridSubscription.ended()",
                "LiveReader.active()",
                "LiveReader.iterator()",
                "LiveReader.poll(int,Duration)",
                "MultiSubscription.active()",
                "Subscription.active()"))
        .flatMap(map -> map.entrySet().stream())
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static Map<String, String> methods(String reason, String... methods) {
    return Arrays.stream(methods).collect(Collectors.toMap(method -> method, method -> reason));
  }

  @Test
  void allPublicMethodsAreTriedOrItIsSaidWhyNot() throws ClassNotFoundException {
    Set<String> known = tried();
    known.addAll(ELSEWHERE.keySet());
    Set<String> forgotten = new TreeSet<>(publicMethods());
    forgotten.removeAll(known);
    assertThat(forgotten)
        .as("public methods that no tenant's user has tried: add them to TenantOperations")
        .isEmpty();
  }

  @Test
  void whatIsListedIsThere() throws ClassNotFoundException {
    Set<String> stale = tried();
    stale.addAll(ELSEWHERE.keySet());
    stale.removeAll(publicMethods());
    assertThat(stale).as("methods that are gone").isEmpty();

    Set<String> types = new TreeSet<>(VALUES);
    types.addAll(CALLED_BACK);
    types.removeAll(publicTypes().map(EveryOperationIsTriedTest::name).toList());
    assertThat(types).as("types that are gone").isEmpty();
  }

  @Test
  void eachIsTriedOnce() {
    assertThat(TenantOperations.all()).extracting(Operation::method).doesNotHaveDuplicates();
    assertThat(ELSEWHERE.keySet()).doesNotContainAnyElementsOf(tried());
  }

  private static Set<String> tried() {
    return Stream.concat(
            TenantOperations.all().stream(),
            AdministratorsOperations.forAdministratorsOnly().stream())
        .map(Operation::method)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> publicMethods() throws ClassNotFoundException {
    Set<String> methods = new TreeSet<>();
    for (JavaClass type : publicTypes().toList()) {
      Class<?> reflected = Class.forName(type.getName());
      if (!isValue(type, reflected)) {
        for (Method method : reflected.getDeclaredMethods()) {
          if (Modifier.isPublic(method.getModifiers())
              && !method.isSynthetic()
              && !isLocal(method)) {
            methods.add(name(type) + "." + signature(method));
          }
        }
      }
    }
    return methods;
  }

  private static boolean isLocal(Method method) {
    boolean sends =
        (method.getName().matches("close|state") && method.getParameterCount() > 0)
            || List.of(method.getParameterTypes()).equals(List.of(Tenant.class));
    return LOCAL.contains(method.getName()) && !sends;
  }

  private static boolean isValue(JavaClass type, Class<?> reflected) {
    return reflected.isRecord()
        || reflected.isEnum()
        || Throwable.class.isAssignableFrom(reflected)
        || name(type).endsWith("Builder")
        || VALUES.contains(name(type))
        || CALLED_BACK.contains(name(type));
  }

  private static Stream<JavaClass> publicTypes() {
    return new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(PACKAGES)
            .stream()
            .filter(type -> PACKAGES.contains(type.getPackageName()))
            .filter(EveryOperationIsTriedTest::isPublic)
            .filter(type -> !type.getSimpleName().equals("package-info"));
  }

  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(EveryOperationIsTriedTest::isPublic).orElse(true);
  }

  private static String name(JavaClass type) {
    return type.getName().substring(type.getPackageName().length() + 1).replace('$', '.');
  }

  private static String signature(Method method) {
    return Arrays.stream(method.getParameterTypes())
        .map(Class::getSimpleName)
        .collect(Collectors.joining(",", method.getName() + "(", ")"));
  }
}
