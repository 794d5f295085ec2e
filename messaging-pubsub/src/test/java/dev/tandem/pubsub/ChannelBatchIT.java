package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.at;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Messages to several channels are all there or none, once, and in order with all others. */
@RedisTest(dedicated = true)
class ChannelBatchIT {
  private static final Channel<String> ORDERS = channel("orders");
  private static final Channel<String> BILLS = channel("bills");
  private static final Channel<String> TYPING = channel("typing").fleeting();

  private final Buses buses = new Buses();
  private final RedisServer server;
  private final FaultProxy proxy;
  private final Tenant tenant;
  private final Recorder orders = new Recorder();
  private final Recorder bills = new Recorder();
  private final Recorder typing = new Recorder();

  ChannelBatchIT(RedisServer server, FaultProxy proxy, @UniqueTenant String name) throws Exception {
    this.server = server;
    this.proxy = proxy;
    this.tenant = Tenant.of(name);
    LiveBus subscriber = buses.bus(server.url());
    active(subscriber.subscribe(tenant, ORDERS, SubscribeOptions.fromNow(), orders));
    active(subscriber.subscribe(tenant, BILLS, SubscribeOptions.fromNow(), bills));
    active(subscriber.subscribe(tenant, TYPING, SubscribeOptions.fromNow(), typing));
  }

  @AfterEach
  void close() {
    buses.close();
  }

  private static ChannelBatch batch(String name) {
    return ChannelBatch.of()
        .add(TYPING, message(name + "-t"))
        .add(ORDERS, message(name + "-o1"))
        .add(BILLS, message(name + "-b"))
        .add(ORDERS, message(name + "-o2"));
  }

  private void assertNothing() {
    for (String name : List.of("orders", "bills")) {
      assertThat(server.execute("EXISTS", key(name) + ":buffer")).isEqualTo(0L);
    }
    assertThat(orders.payloads()).isEmpty();
    assertThat(bills.payloads()).isEmpty();
    assertThat(typing.payloads()).isEmpty();
  }

  private String key(String name) {
    return "tenant:" + tenant.name() + ":channel:" + name;
  }

  private static void refused(Runnable publish, ErrorCode code) {
    assertThatThrownBy(publish::run)
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void allArriveAndReceiptsAreInTheOrderOfTheBatch() {
    LiveBus bus = buses.bus(server.url());
    bus.publish(tenant, ORDERS, message("o0"));
    List<PublishReceipt> receipts = bus.publish(tenant, batch("x"));
    bus.publish(tenant, BILLS, message("b1"));

    orders.assertExactly(List.of("o0", "x-o1", "x-o2"));
    bills.assertExactly(List.of("x-b", "b1"));
    typing.assertExactly(List.of("x-t"));
    assertThat(receipts).hasSize(4).extracting(PublishReceipt::receivers).containsOnly(1L);
    assertThat(receipts.get(0).position()).isNull();
    assertThat(at(receipts.get(1)).version()).isEqualTo(2);
    assertThat(at(receipts.get(2)).version()).isEqualTo(1);
    assertThat(at(receipts.get(3)).version()).isEqualTo(3);
    assertThat(receipts.stream().map(PublishReceipt::id).distinct()).hasSize(4);
    assertThat(bus.stats().published()).isEqualTo(6);
  }

  @Test
  void aLostReplyIsAskedForAgain() {
    LiveBus bus = buses.bus(proxy.url());
    bus.publish(tenant, batch("x"));
    proxy.executeButDropReply(line -> line.startsWith("EVAL"));
    List<PublishReceipt> receipts = bus.publish(tenant, batch("y"));

    orders.assertExactly(List.of("x-o1", "x-o2", "y-o1", "y-o2"));
    bills.assertExactly(List.of("x-b", "y-b"));
    typing.assertExactly(List.of("x-t", "y-t"));
    assertThat(at(receipts.get(3)).version()).isEqualTo(4);
    assertThat(receipts).extracting(PublishReceipt::receivers).containsExactly(0L, 1L, 1L, 1L);
  }

  @Test
  void singleMessagesAndBatchesKeepTheirOrderAcrossCuts() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    LiveBus bus = buses.bus(proxy.url());
    List<String> ordersSent = new ArrayList<>();
    List<String> billsSent = new ArrayList<>();
    List<CompletableFuture<?>> sent = new ArrayList<>();
    // Fewer than there are tries: all of them may hit the same message.
    Set<Integer> cuts = random.ints(5, 0, 500).boxed().collect(Collectors.toSet());
    for (int i = 0; i < 500; i++) {
      switch (random.nextInt(3)) {
        case 0 -> {
          ordersSent.add("o" + i);
          sent.add(bus.publishAsync(tenant, ORDERS, message("o" + i)));
        }
        case 1 -> {
          billsSent.add("b" + i);
          sent.add(bus.publishAsync(tenant, BILLS, message("b" + i)));
        }
        default -> {
          ordersSent.addAll(List.of(i + "-o1", i + "-o2"));
          billsSent.add(i + "-b");
          sent.add(bus.publishAsync(tenant, batch("" + i)));
        }
      }
      if (cuts.contains(i)) {
        proxy.executeButDropReply(line -> line.startsWith("EVAL"));
      }
    }
    for (CompletableFuture<?> one : sent) {
      one.get(30, TimeUnit.SECONDS);
    }
    orders.awaitCount(ordersSent.size());
    bills.awaitCount(billsSent.size());
    assertThat(orders.payloads()).as("seed %d", seed).isEqualTo(ordersSent);
    assertThat(bills.payloads()).as("seed %d", seed).isEqualTo(billsSent);
  }

  @Test
  void whatWaitedWhileItsChannelsMovedOnHasAllItsTries() throws Exception {
    int tries = 2;
    LiveBus bus =
        buses.bus(
            proxy.url(),
            builder ->
                builder.publishRetry(RetryPolicy.fixed(Duration.ofMillis(5)).maxDeliveries(tries)));
    bus.publish(tenant, batch("first"));
    List<CompletableFuture<List<PublishReceipt>>> sent = new ArrayList<>();
    for (int i = 0; i < tries + 1; i++) {
      String name = "x" + i;
      proxy.executeButDropReply(line -> line.startsWith("EVAL") && line.contains(name + "-b"));
    }
    for (int i = 0; i < tries + 1; i++) {
      sent.add(bus.publishAsync(tenant, batch("x" + i)));
    }
    for (int i = 0; i < tries + 1; i++) {
      assertThat(at(sent.get(i).get(30, TimeUnit.SECONDS).get(2)).version()).isEqualTo(i + 2);
    }
    assertThat(proxy.droppedReplies()).isEqualTo(tries + 1);
  }

  @Test
  void oneKeyOfAnotherKindKeepsAllOut() {
    server.execute("SET", key("bills") + ":buffer", "mine");
    LiveBus bus = buses.bus(server.url());
    refused(() -> bus.publish(tenant, batch("x")), ErrorCode.WRONG_TYPE);
    server.execute("DEL", key("bills") + ":buffer");
    assertNothing();
    bus.publish(tenant, batch("y"));
    orders.assertExactly(List.of("y-o1", "y-o2"));
  }

  @Test
  void aServerWithoutMemoryKeepsAllOut() {
    LiveBus bus = buses.bus(server.url());
    server.execute("CONFIG", "SET", "maxmemory", "1");
    refused(() -> bus.publish(tenant, batch("x")), ErrorCode.OUT_OF_MEMORY);
    server.execute("CONFIG", "SET", "maxmemory", "0");
    assertNothing();
  }

  @Test
  void aUserWhoMayNotPublishToOneChannelPublishesToNone() {
    assumeThat(server.version()).doesNotStartWith("6.");
    server.execute(
        "ACL",
        "SETUSER",
        "some",
        "on",
        ">secret",
        "+@all",
        "~*",
        "&" + key("orders"),
        "&" + key("typing"));
    String url = server.url().replace("redis://", "redis://some:secret@");
    LiveBus bus = buses.bus(url);
    refused(() -> bus.publish(tenant, batch("x")), ErrorCode.ACCESS_DENIED);
    assertNothing();
  }

  @Test
  void limitsAreRefusedByName() {
    LiveBus bus = buses.bus(server.url());
    assertThat(bus.publish(tenant, ChannelBatch.of())).isEmpty();
    ChannelBatch full = ChannelBatch.of();
    for (int i = 0; i < ChannelBatch.MAX_MESSAGES; i++) {
      full = full.add(channel("c" + i % ChannelBatch.MAX_CHANNELS), message("m"));
    }
    assertThat(bus.publish(tenant, full)).hasSize(ChannelBatch.MAX_MESSAGES);
    ChannelBatch most = full;
    assertThatThrownBy(() -> most.add(ORDERS, message("m")))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("messages in a batch");
    ChannelBatch wide = ChannelBatch.of();
    for (int i = 0; i < ChannelBatch.MAX_CHANNELS; i++) {
      wide = wide.add(channel("c" + i), message("m"));
    }
    ChannelBatch widest = wide;
    assertThatThrownBy(() -> widest.add(ORDERS, message("m")))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("channels in a batch");
    assertThatThrownBy(
            () ->
                ChannelBatch.of()
                    .add(ORDERS, message("m"))
                    .add(ORDERS.recoverable(Duration.ofHours(1), 5), message("m")))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("described like");
    ChannelBatch large =
        ChannelBatch.of()
            .add(ORDERS, message("m".repeat(600_000)))
            .add(BILLS, message("m".repeat(600_000)));
    assertThatThrownBy(() -> bus.publish(tenant, large))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("bytes in a batch");
  }

  @Test
  void theServersSideIsCleanAfterAFlush() {
    LiveBus bus = buses.bus(server.url());
    bus.publish(tenant, batch("x"));
    server.execute("FLUSHALL");
    assertThat(at(requireNonNull(bus.publish(tenant, batch("y")).get(1))).version()).isEqualTo(1);
  }
}
