package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whatever fails, the error names the tenant and the channel. */
@RedisTest
class ErrorPlacesIT {
  private final Buses buses = new Buses();
  private final Channel<String> board = channel("board");
  private final Channel<String> ticker = channel("ticker").fleeting();

  @AfterEach
  void close() {
    buses.close();
  }

  private static void assertNames(
      String tenant, String destination, ErrorCode code, ThrowingCallable call) {
    assertNames(tenant, destination, List.of(code), call);
  }

  private static void assertNames(
      String tenant, String destination, List<ErrorCode> codes, ThrowingCallable call) {
    MessagingException error = catchThrowableOfType(MessagingException.class, call);
    assertThat(error.code()).isIn(codes);
    assertThat(error.tenant()).as("%s", error).contains(tenant);
    assertThat(error.destination()).as("%s", error).contains(destination);
  }

  @Test
  void ofPublishing(RedisServer server, FaultProxy proxy, @UniqueTenant String name) {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(proxy.url(), options -> options.publishRetry(RetryPolicy.none()));
    bus.publish(tenant, ticker, message("m"));

    proxy.executeButDropReply(line -> line.startsWith("PUBLISH"));
    assertNames(
        name, "ticker", ErrorCode.OUTCOME_UNKNOWN, () -> bus.publish(tenant, ticker, message("m")));

    server.execute("SET", "tenant:" + name + ":channel:board:meta", "no hash");
    assertNames(
        name, "board", ErrorCode.WRONG_TYPE, () -> bus.publish(tenant, board, message("m")));
    assertNames(
        name,
        "board, ticker",
        ErrorCode.WRONG_TYPE,
        () ->
            bus.publish(
                tenant, ChannelBatch.of().add(ticker, message("m")).add(board, message("m"))));
    assertNames(name, "board", ErrorCode.WRONG_TYPE, () -> bus.currentPosition(tenant, board));

    proxy.refuse();
    for (int i = 0; i < 2; i++) { // the connection that was there breaks, then there is none
      assertNames(
          name,
          "board",
          List.of(ErrorCode.OUTCOME_UNKNOWN, ErrorCode.UNAVAILABLE, ErrorCode.CIRCUIT_OPEN),
          () -> bus.publish(tenant, board, message("m")));
    }
  }

  @Test
  void ofABusThatIsClosed(RedisServer server, @UniqueTenant String name) {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    bus.close();
    Recorder nobody = new Recorder();
    assertNames(name, "board", ErrorCode.CLOSED, () -> bus.publish(tenant, board, message("m")));
    assertNames(
        name, "board", ErrorCode.CLOSED, () -> bus.publishAsync(tenant, board, message("m")));
    assertNames(
        name,
        "board",
        ErrorCode.CLOSED,
        () -> bus.subscribe(tenant, board, SubscribeOptions.fromNow(), nobody));
    assertNames(
        name,
        "a.*",
        ErrorCode.CLOSED,
        () ->
            bus.subscribe(
                tenant, ChannelPattern.of("a.*", board), SubscribeOptions.fromNow(), nobody));
  }
}
