package dev.tandem.hybrid.internal.numbered;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.audit.AuditRecord;
import dev.tandem.api.serde.Serde;
import dev.tandem.hybrid.FixedRoute;
import dev.tandem.hybrid.Route;
import dev.tandem.hybrid.internal.numbered.Verdict.Outcome;
import dev.tandem.pubsub.Channel;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is known of numbered calls, whoever sends them and however late. */
@RedisTest
class NumberedPublisherIT {
  private static final FixedRoute<String> BOTH =
      Route.toStream(StreamTopic.of("orders", Serde.string()))
          .andChannel(Channel.of("board", Serde.string()));
  private static final FixedRoute<String> FLEETING =
      Route.toChannel(Channel.of("now", Serde.string()).fleeting());
  private static final String NAME = "somebody";

  private final RedisServer server;
  private final Tenant tenant;
  private final RedisConnection redis;
  private final NumberedPublisher publisher;

  NumberedPublisherIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = Tenant.of(tenant);
    this.redis = RedisConnection.connect(server.url());
    this.publisher = new NumberedPublisher(redis, null, new Random(), Duration.ofMinutes(1));
  }

  @AfterEach
  void close() {
    redis.close();
  }

  @Test
  void whoeverSendsACallAgainItIsExecutedOnce() {
    List<NumberedCall> line = calls(1, NumberedPublisher.MOST_OPEN);

    assertThat(send(line)).containsOnly(Outcome.PUBLISHED);
    for (NumberedCall one : line) { // each of as many as may be open is known still
      assertThat(send(List.of(one))).containsExactly(Outcome.PUBLISHED);
    }
    assertThat(length()).isEqualTo(NumberedPublisher.MOST_OPEN);
  }

  @Test
  void aCutTellsWhatWasExecutedAndTheRestNeverIs() {
    List<NumberedCall> line = calls(1, 4);
    send(line.subList(0, 2));

    assertThat(send(List.of(cut(4), cut(1), cut(2), cut(3))))
        .containsExactly(Outcome.CUT_OFF, Outcome.PUBLISHED, Outcome.PUBLISHED, Outcome.CUT_OFF);
    assertThat(send(line)) // on the way when the line was cut
        .containsExactly(Outcome.PUBLISHED, Outcome.PUBLISHED, Outcome.CUT_OFF, Outcome.CUT_OFF);
    assertThat(length()).isEqualTo(2);
    assertThat(send(calls(5, 2))).containsOnly(Outcome.PUBLISHED);
    assertThat(length()).isEqualTo(4);
  }

  @Test
  void aCutOfALineThatWasExecutedChangesNothing() {
    send(calls(1, 3));

    assertThat(send(List.of(cut(3), cut(1), cut(2)))).containsOnly(Outcome.PUBLISHED);
    assertThat(send(List.of(cut(3), cut(1), cut(2)))).containsOnly(Outcome.PUBLISHED);
    assertThat(length()).isEqualTo(3);
  }

  @Test
  void aCutIsAsGoodTheSecondTimeAndBeforeAnythingWasSent() {
    assertThat(send(List.of(cut(2), cut(1)))).containsOnly(Outcome.CUT_OFF);
    assertThat(send(List.of(cut(2), cut(1)))).containsOnly(Outcome.CUT_OFF);
    assertThat(send(calls(1, 2))).containsOnly(Outcome.CUT_OFF);
    assertThat(length()).isZero();
  }

  @Test
  void aCallWithoutStreamLeavesAReceiptToo() {
    NumberedCall call = publisher.call(NAME, 1, List.of(encoded(FLEETING, 1)));

    assertThat(send(List.of(call))).containsExactly(Outcome.PUBLISHED);
    assertThat(send(List.of(cut(1)))).containsExactly(Outcome.PUBLISHED);
  }

  @Test
  void theAuditHookIsToldWhatWasPublishedWhere() {
    List<AuditRecord> records = new CopyOnWriteArrayList<>();
    try (RedisConnection audited =
        RedisConnection.builder().url(server.url()).audit(records::add).build()) {
      NumberedPublisher told =
          new NumberedPublisher(audited, null, new Random(), Duration.ofMinutes(1));
      NumberedCall call = told.call(NAME, 1, List.of(encoded(BOTH, 1)));

      assertThat(told.send(List.of(List.of(cut(2), call))).get(0))
          .extracting(Verdict::outcome)
          .containsOnly(Outcome.CUT_OFF);
      told.send(List.of(List.of(told.call(NAME, 3, List.of(encoded(BOTH, 2))))));
    }

    assertThat(records)
        .extracting(AuditRecord::tenant, AuditRecord::destination, AuditRecord::failure)
        .containsExactly(tuple(tenant.name(), "orders", null), tuple(tenant.name(), "board", null));
    assertThat(records).extracting(AuditRecord::version).containsExactly(0L, 1L);
  }

  @Test
  void aCallBehindOneThatIsRefusedWaits() {
    server.execute("SET", "tenant:" + tenant.name() + ":stream:orders", "no stream");
    NumberedCall other = publisher.call(NAME, 2, List.of(encoded(FLEETING, 2)));

    assertThat(send(List.of(calls(1, 1).get(0), other)))
        .containsExactly(Outcome.FAILED, Outcome.NOT_YET);
  }

  private List<Outcome> send(List<NumberedCall> line) {
    return publisher.send(List.of(line)).get(0).stream().map(Verdict::outcome).toList();
  }

  private NumberedCall cut(long number) {
    return publisher.cut(tenant, NAME, number);
  }

  private List<NumberedCall> calls(long from, int count) {
    List<NumberedCall> calls = new ArrayList<>();
    for (long number = from; number < from + count; number++) {
      calls.add(publisher.call(NAME, number, List.of(encoded(BOTH, number))));
    }
    return calls;
  }

  private EncodedMessage encoded(FixedRoute<String> route, long number) {
    return publisher.encode(
        tenant, Message.of("t", "m" + number), route, MessageId.of("id-" + number));
  }

  private long length() {
    Object length = server.execute("XLEN", "tenant:" + tenant.name() + ":stream:orders");
    return length instanceof Long number ? number : -1;
  }
}
