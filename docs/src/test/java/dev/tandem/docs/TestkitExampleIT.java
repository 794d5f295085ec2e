package dev.tandem.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.Message;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import org.junit.jupiter.api.Test;

// snippet:testkit
@RedisTest(dedicated = true, appendOnly = true) // a server of this class's own, which it may hurt
class TestkitExampleIT {
  private final StreamTopic<String> orders = StreamTopic.of("orders", Serde.string());

  @Test
  void aLostReplyIsToldAndTheOrderSurvivesAKilledServer(
      RedisServer server, FaultProxy proxy, @UniqueTenant String name) {
    try (RedisConnection redis = RedisConnection.connect(proxy.url());
        StreamProducer producer = StreamProducer.builder(redis).build()) {
      proxy.executeButDropReply(command -> command.startsWith("XADD"));

      assertThatThrownBy(
              () -> producer.sendAndWait(Tenant.of(name), orders, Message.of("placed", "one")))
          .isInstanceOf(OutcomeUnknownException.class);

      server.kill(); // SIGKILL
      server.restart();
      assertThat(server.execute("XLEN", "tenant:" + name + ":stream:orders")).isEqualTo(1L);
    }
  }
}
// end
