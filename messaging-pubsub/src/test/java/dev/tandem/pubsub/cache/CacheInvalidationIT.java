package dev.tandem.pubsub.cache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Buses;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RedisTest(dedicated = true)
class CacheInvalidationIT {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration BOUND = Duration.ofMillis(600);

  private final Buses buses = new Buses();
  private final ConcurrentHashMap<String, Long> database = new ConcurrentHashMap<>();
  private final AtomicInteger loads = new AtomicInteger();
  private final List<CacheInvalidation<Long>> open = new ArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void close() {
    open.forEach(CacheInvalidation::close);
    buses.close();
    threads.shutdownNow();
  }

  private @Nullable Long load(String key) {
    loads.incrementAndGet();
    return database.get(key);
  }

  private CacheInvalidation<Long> cache(LiveBus bus, String tenant) throws Exception {
    return cache(bus, tenant, new ConcurrentHashMap<>(), builder -> builder.maxStaleness(BOUND));
  }

  private CacheInvalidation<Long> cache(
      LiveBus bus,
      String tenant,
      ConcurrentHashMap<String, Long> map,
      UnaryOperator<CacheInvalidationBuilder<Long>> options)
      throws Exception {
    CacheInvalidation<Long> cache =
        options.apply(CacheInvalidation.builder(bus, Tenant.of(tenant), "cache", map)).build();
    open.add(cache);
    cache.ready().get(20, TimeUnit.SECONDS);
    return cache;
  }

  private void write(String key, long value) {
    database.put(key, value);
  }

  @Test
  void whatOneProcessChangesTheOthersForget(RedisServer server, @UniqueTenant String tenant)
      throws Exception {
    CacheInvalidation<Long> writer = cache(buses.bus(server.url()), tenant);
    ConcurrentHashMap<String, Long> map = new ConcurrentHashMap<>();
    CacheInvalidation<Long> reader =
        cache(
            buses.bus(server.url()),
            tenant,
            map,
            builder -> builder.maxStaleness(Duration.ofMinutes(1)));
    for (String key : List.of("a:1", "a:2", "b:1", "b:2")) {
      write(key, 1);
      assertThat(reader.get(key, this::load)).isEqualTo(1);
      assertThat(reader.get(key, this::load)).isEqualTo(1);
    }
    assertThat(reader.get("none", this::load)).isNull();
    assertThat(loads).hasValue(5);

    writer.invalidate("a:1");
    await().atMost(PATIENCE).until(() -> !map.containsKey("a:1"));
    assertThat(map).containsOnlyKeys("a:2", "b:1", "b:2");
    writer.invalidateMatching("b*");
    await().atMost(PATIENCE).until(() -> map.size() == 1);
    assertThat(map).containsOnlyKeys("a:2");
    writer.invalidateAll();
    await().atMost(PATIENCE).until(map::isEmpty);
    assertThat(writer.stats().invalidations()).isZero();
    await().atMost(PATIENCE).until(() -> reader.stats().invalidations() == 3);
    assertThat(reader.stats().hits()).isEqualTo(4);
    assertThat(reader.stats().flushes()).isZero();
  }

  @Test
  void aValueLoadedBeforeAnInvalidationIsNotKeptAfterIt(
      RedisServer server, @UniqueTenant String tenant) throws Exception {
    CacheInvalidation<Long> writer = cache(buses.bus(server.url()), tenant);
    ConcurrentHashMap<String, Long> map = new ConcurrentHashMap<>();
    CacheInvalidation<Long> reader =
        cache(
            buses.bus(server.url()),
            tenant,
            map,
            builder -> builder.maxStaleness(Duration.ofMinutes(1)));
    List<Runnable> invalidations =
        List.of(
            () -> writer.invalidate("k"),
            () -> writer.invalidateMatching("*k"),
            writer::invalidateAll,
            () -> reader.invalidate("k"));
    long applied = 0;
    for (Runnable invalidation : invalidations) {
      write("k", 1);
      CountDownLatch hasRead = new CountDownLatch(1);
      CountDownLatch mayPut = new CountDownLatch(1);
      Future<Long> slow =
          threads.submit(
              () ->
                  reader.get(
                      "k",
                      key -> {
                        Long old = database.get(key);
                        hasRead.countDown();
                        awaitQuietly(mayPut);
                        return old;
                      }));
      assertThat(hasRead.await(20, TimeUnit.SECONDS)).isTrue();
      write("k", 2);
      invalidation.run();
      if (invalidation != invalidations.get(3)) {
        applied++;
        long expected = applied;
        await().atMost(PATIENCE).until(() -> reader.stats().invalidations() == expected);
      }
      // Whoever asks now does not wait for the old load.
      assertThat(reader.get("k", this::load)).isEqualTo(2);
      mayPut.countDown();
      assertThat(slow.get(20, TimeUnit.SECONDS)).isEqualTo(1);
      assertThat(map).containsEntry("k", 2L);
      reader.invalidate("k");
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void oneLoadServesAllWhoWantTheKeyAndAFailureOnlyItsOwn(
      RedisServer server, @UniqueTenant String tenant) throws Exception {
    CacheInvalidation<Long> cache =
        cache(
            buses.bus(server.url()),
            tenant,
            new ConcurrentHashMap<>(),
            builder -> builder.maxStaleness(Duration.ofMinutes(1)));
    write("k", 1);
    CountDownLatch go = new CountDownLatch(1);
    List<Future<Long>> readers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      readers.add(
          threads.submit(
              () ->
                  cache.get(
                      "k",
                      key -> {
                        awaitQuietly(go);
                        return load(key);
                      })));
    }
    await().atMost(PATIENCE).until(() -> cache.stats().misses() == 8);
    go.countDown();
    for (Future<Long> reader : readers) {
      assertThat(reader.get(20, TimeUnit.SECONDS)).isEqualTo(1);
    }
    assertThat(loads).hasValueLessThan(8);
    assertThatThrownBy(
            () ->
                cache.get(
                    "bad",
                    key -> {
                      throw new IllegalStateException("database");
                    }))
        .isInstanceOf(IllegalStateException.class);
    write("bad", 3);
    assertThat(cache.get("bad", this::load)).isEqualTo(3);
    assertThat(cache.get("outer", key -> cache.get("outer", this::load))).isNull();
  }

  @Test
  void readsBypassTheCacheWhileNothingIsProvenAndItIsEmptyAfterwards(
      RedisServer server, FaultProxy proxy, @UniqueTenant String tenant) throws Exception {
    CacheInvalidation<Long> writer = cache(buses.bus(server.url()), tenant);
    CacheInvalidation<Long> reader = cache(buses.bus(proxy.url()), tenant);
    write("k", 1);
    assertThat(reader.get("k", this::load)).isEqualTo(1);
    proxy.blackHole();
    write("k", 2);
    writer.invalidate("k");
    await().atMost(PATIENCE).until(() -> !reader.isTrusted());
    assertThat(reader.get("k", this::load)).isEqualTo(2);
    proxy.heal();
    await().atMost(PATIENCE).until(reader::isTrusted);
    assertThat(reader.get("k", this::load)).isEqualTo(2);
    assertThat(reader.stats().flushes()).isPositive();
  }

  @Test
  void keepsWhatWasNotInvalidatedThroughAReconnectIfAsked(
      RedisServer server, @UniqueTenant String tenant) throws Exception {
    LiveBus bus = buses.bus(server.url());
    ConcurrentHashMap<String, Long> map = new ConcurrentHashMap<>();
    CacheInvalidation<Long> reader =
        cache(bus, tenant, map, builder -> builder.maxStaleness(BOUND).keepThroughReconnects());
    CacheInvalidation<Long> writer = cache(buses.bus(server.url()), tenant);
    write("kept", 1);
    write("k", 1);
    assertThat(reader.get("kept", this::load)).isEqualTo(1);
    assertThat(reader.get("k", this::load)).isEqualTo(1);
    server.execute("CLIENT", "KILL", "TYPE", "pubsub");
    write("k", 2);
    writer.invalidate("k");
    await().atMost(PATIENCE).until(() -> bus.stats().reconnects() > 0 && !map.containsKey("k"));
    await().atMost(PATIENCE).until(reader::isTrusted);
    assertThat(map).containsKey("kept");
    assertThat(reader.stats().flushes()).isZero();
    await().atMost(PATIENCE).until(() -> writer.stats().flushes() == 1);
  }

  @Test
  void aFlushedServerEmptiesTheCaches(RedisServer server, @UniqueTenant String tenant)
      throws Exception {
    CacheInvalidation<Long> reader = cache(buses.bus(server.url()), tenant);
    write("k", 1);
    assertThat(reader.get("k", this::load)).isEqualTo(1);
    server.execute("FLUSHALL");
    await().atMost(PATIENCE).until(() -> reader.stats().flushes() == 1);
    write("k", 2);
    assertThat(reader.get("k", this::load)).isEqualTo(2);
    await().atMost(PATIENCE).until(reader::isTrusted);
  }

  @Test
  void anInvalidationThatCouldNotBeSentIsSentLater(
      RedisServer server, FaultProxy proxy, @UniqueTenant String tenant) throws Exception {
    CacheInvalidation<Long> writer = cache(buses.bus(proxy.url()), tenant);
    ConcurrentHashMap<String, Long> map = new ConcurrentHashMap<>();
    CacheInvalidation<Long> reader =
        cache(
            buses.bus(server.url()),
            tenant,
            map,
            builder -> builder.maxStaleness(Duration.ofMinutes(1)));
    write("k", 1);
    assertThat(reader.get("k", this::load)).isEqualTo(1);
    proxy.refuse();
    write("k", 2);
    assertThatThrownBy(() -> writer.invalidate("k")).isInstanceOf(MessagingException.class);
    assertThat(writer.get("k", this::load)).isEqualTo(2);
    proxy.heal();
    await().atMost(PATIENCE).until(() -> !map.containsKey("k"));
    await().atMost(PATIENCE).until(() -> writer.stats().unsent() == 0);
  }

  @Test
  void whatItDoesNotUnderstandMakesItForgetAll(RedisServer server, @UniqueTenant String tenant)
      throws Exception {
    LiveBus bus = buses.bus(server.url());
    ConcurrentHashMap<String, Long> map = new ConcurrentHashMap<>();
    CacheInvalidation<Long> reader =
        cache(bus, tenant, map, builder -> builder.maxStaleness(Duration.ofMinutes(1)));
    write("k", 1);
    Channel<Map<String, String>> foreign =
        Channel.of(
            "cache", Serde.json(new dev.tandem.api.serde.JsonType<Map<String, String>>() {}));
    for (String type : List.of("cache.invalidate.tag", "cache.invalidate.key")) {
      reader.get("k", this::load);
      assertThat(map).isNotEmpty();
      bus.publish(Tenant.of(tenant), foreign, Message.of(type, Map.of("tag", "x")));
      await().atMost(PATIENCE).until(map::isEmpty);
    }
  }

  @Test
  void aMapThatThrowsIsBypassedUntilItWasEmptied(RedisServer server, @UniqueTenant String tenant)
      throws Exception {
    AtomicBoolean broken = new AtomicBoolean();
    ConcurrentHashMap<String, Long> map =
        new ConcurrentHashMap<>() {
          @Override
          public @Nullable Long remove(Object key) {
            check();
            return super.remove(key);
          }

          @Override
          public void clear() {
            check();
            super.clear();
          }

          private void check() {
            if (broken.get()) {
              throw new IllegalStateException("broken");
            }
          }
        };
    CacheInvalidation<Long> writer = cache(buses.bus(server.url()), tenant);
    CacheInvalidation<Long> reader =
        cache(buses.bus(server.url()), tenant, map, builder -> builder.maxStaleness(BOUND));
    write("k", 1);
    assertThat(reader.get("k", this::load)).isEqualTo(1);
    broken.set(true);
    write("k", 2);
    writer.invalidate("k");
    await().atMost(PATIENCE).until(() -> reader.stats().invalidations() == 1);
    assertThat(reader.isTrusted()).isFalse();
    assertThat(reader.get("k", this::load)).isEqualTo(2);
    broken.set(false);
    await().atMost(PATIENCE).until(reader::isTrusted);
    assertThat(reader.get("k", this::load)).isEqualTo(2);
  }

  @Test
  void refusesWhatCannotTravelAndWorksWithoutCacheOnceClosed(
      RedisServer server, @UniqueTenant String tenant) throws Exception {
    ConcurrentHashMap<String, Long> map = new ConcurrentHashMap<>();
    CacheInvalidation<Long> cache =
        cache(buses.bus(server.url()), tenant, map, builder -> builder.maxStaleness(BOUND));
    assertThatThrownBy(() -> cache.invalidate("")).isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> cache.get("a\nb", this::load))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> cache.invalidateMatching("x".repeat(1_025)))
        .isInstanceOf(InvalidValueException.class);
    write("k", 1);
    cache.close();
    cache.close();
    assertThat(cache.get("k", this::load)).isEqualTo(1);
    assertThat(map).isEmpty();
    assertThatThrownBy(() -> cache.invalidate("k")).isInstanceOf(ClosedException.class);
  }

  /**
   * The promise itself: whatever happens to the reader's connections and to the server's data, no
   * read gives a value that was invalidated longer ago than the bound.
   */
  @Test
  void noReadIsOlderThanTheBoundWhateverFails(
      RedisServer server, FaultProxy proxy, @UniqueTenant String tenant) throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    CacheInvalidation<Long> writer = cache(buses.bus(server.url()), tenant);
    CacheInvalidation<Long> reader = cache(buses.bus(proxy.url()), tenant);
    // For each value of the key: when its invalidation had been taken.
    ConcurrentHashMap<Long, Long> takenAt = new ConcurrentHashMap<>();
    AtomicLong newest = new AtomicLong();
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong reads = new AtomicLong();
    List<String> breaches = Collections.synchronizedList(new ArrayList<>());
    write("k", 0);

    CompletableFuture<Void> reading =
        CompletableFuture.runAsync(
            () -> {
              while (!stop.get()) {
                long begun = System.nanoTime();
                long value = requireNonNull(reader.get("k", this::load));
                reads.incrementAndGet();
                Long overtaken = takenAt.get(value + 1);
                if (overtaken != null && begun - overtaken > BOUND.toNanos()) {
                  breaches.add(value + " was old for " + Duration.ofNanos(begun - overtaken));
                }
              }
            },
            threads);
    CompletableFuture<Void> writing =
        CompletableFuture.runAsync(
            () -> {
              while (!stop.get()) {
                long value = newest.incrementAndGet();
                write("k", value);
                writer.invalidate("k");
                takenAt.put(value, System.nanoTime());
                await().pollDelay(Duration.ofMillis(5)).until(() -> true);
              }
            },
            threads);
    List<Runnable> faults =
        List.of(
            proxy::reset,
            proxy::blackHole,
            proxy::halfOpen,
            () -> server.execute("FLUSHALL"),
            () -> server.execute("CLIENT", "KILL", "TYPE", "pubsub"));
    for (int i = 0; i < 10; i++) {
      faults.get(i < 5 ? i : random.nextInt(faults.size())).run();
      await().pollDelay(Duration.ofMillis(200 + random.nextInt(900))).until(() -> true);
      proxy.heal();
      await().atMost(PATIENCE).until(reader::isTrusted);
    }
    stop.set(true);
    reading.get(20, TimeUnit.SECONDS);
    writing.get(20, TimeUnit.SECONDS);
    assertThat(breaches).as("seed %s", seed).isEmpty();
    assertThat(reader.stats().hits()).isPositive();
    assertThat(reader.stats().bypassed()).isPositive();
  }

  @Test
  void aResetOfTheBusesStatisticsHidesNoLostConnection(
      RedisServer server, @UniqueTenant String tenant) throws Exception {
    LiveBus bus = buses.bus(server.url());
    CacheInvalidation<Long> cache = cache(bus, tenant);
    for (int losses = 1; losses <= 3; losses++) {
      server.execute("CLIENT", "KILL", "TYPE", "pubsub");
      int expected = losses;
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(cache.stats().flushes()).isEqualTo(expected));
      await().atMost(PATIENCE).until(cache::isTrusted);
      bus.resetStats();
    }
  }

  @Test
  void whatOnesOwnMapCannotForgetTheOthersForget(RedisServer server, @UniqueTenant String tenant)
      throws Exception {
    ConcurrentHashMap<String, Long> broken =
        new ConcurrentHashMap<>() {
          @Override
          public @Nullable Long remove(Object key) {
            throw new IllegalStateException("broken");
          }
        };
    CacheInvalidation<Long> writer =
        cache(buses.bus(server.url()), tenant, broken, builder -> builder.maxStaleness(BOUND));
    ConcurrentHashMap<String, Long> map = new ConcurrentHashMap<>();
    CacheInvalidation<Long> reader =
        cache(buses.bus(server.url()), tenant, map, builder -> builder.maxStaleness(BOUND));
    write("k", 1);
    assertThat(reader.get("k", this::load)).isEqualTo(1);
    assertThat(map).containsKey("k");
    assertThatThrownBy(() -> writer.invalidate("k")).isInstanceOf(IllegalStateException.class);
    await().atMost(PATIENCE).until(() -> !map.containsKey("k"));
  }
}
