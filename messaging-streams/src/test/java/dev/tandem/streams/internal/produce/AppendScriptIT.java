package dev.tandem.streams.internal.produce;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.MessageId;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The script alone. */
@RedisTest
class AppendScriptIT {
  private final RedisConnection redis;
  private final Tenant tenant;
  private final StreamKeys keys;
  private final Memory memory = new Memory(new Random(7));
  private long calls;

  AppendScriptIT(RedisServer server, @UniqueTenant String tenant) {
    this.redis = RedisConnection.connect(server.url());
    this.tenant = Tenant.of(tenant);
    this.keys = KeyLayout.plain().stream(this.tenant, "orders");
  }

  @AfterEach
  void close() {
    redis.close();
  }

  private Frame frame(long call, long bound, int entries) {
    List<Outgoing> outgoing = new ArrayList<>();
    for (int i = 0; i < entries; i++) {
      outgoing.add(
          outgoing(bound, List.of("type", "t", "key", "", "headers", "", "data", "m" + i)));
    }
    return new Frame(outgoing, call);
  }

  private Outgoing outgoing(long bound, List<String> fields) {
    List<byte[]> bytes = fields.stream().map(text -> text.getBytes(UTF_8)).toList();
    return new Outgoing(tenant, "orders", keys, bound, bytes);
  }

  private Appended run(Frame frame, String newestId) {
    return Appended.of(redis.commands().execute(frame.next(memory, newestId, 0)));
  }

  private Appended runAfter(long call, Frame frame) {
    return Appended.of(redis.commands().execute(frame.next(memory, "", call)));
  }

  private @Nullable Object run(String name, String... args) {
    Command command = Command.of(name).key(keys.stream());
    for (String arg : args) {
      command.arg(arg);
    }
    return redis.commands().execute(command);
  }

  private List<String> ids() {
    return Replies.list(run("XRANGE", "-", "+")).stream()
        .map(entry -> RawEntry.of(entry).id().toString())
        .toList();
  }

  private static List<String> text(List<MessageId> ids) {
    return ids.stream().map(MessageId::value).toList();
  }

  @Test
  void executesACallOnceAndAnswersItAlways() {
    Frame frame = frame(1, 0, Frame.MOST_ENTRIES);
    Appended first = run(frame, "");
    assertThat(first.outcome()).isEqualTo(Appended.Outcome.DONE);
    assertThat(text(first.ids())).hasSize(Frame.MOST_ENTRIES).isEqualTo(ids());
    assertThat(run(frame, "").ids()).isEqualTo(first.ids());
    assertThat(run(frame(2, 0, 1), "").ids()).hasSize(1).doesNotContainAnyElementsOf(first.ids());
    assertThat(run(frame, "").outcome()).isEqualTo(Appended.Outcome.OVERTAKEN);
    assertThat(ids()).hasSize(Frame.MOST_ENTRIES + 1);
  }

  @Test
  void answersTheCallBeforeToo() {
    List<Frame> frames = List.of(frame(1, 0, 2), frame(3, 0, 2), frame(4, 0, 2));
    Appended first = run(frames.get(0), "");
    Appended second = runAfter(1, frames.get(1));
    assertThat(run(frames.get(0), "").ids()).isEqualTo(first.ids());
    assertThat(runAfter(1, frames.get(1)).ids()).isEqualTo(second.ids());
    Appended third = runAfter(3, frames.get(2));
    assertThat(run(frames.get(0), "").outcome()).isEqualTo(Appended.Outcome.OVERTAKEN);
    assertThat(run(frames.get(1), "").ids()).isEqualTo(second.ids());
    assertThat(run(frames.get(2), "").ids()).isEqualTo(third.ids());
    assertThat(run(frame(5, 0, 1), "").outcome()).isEqualTo(Appended.Outcome.DONE);
    assertThat(run(frames.get(2), "").outcome()).isEqualTo(Appended.Outcome.OVERTAKEN);
    assertThat(ids()).hasSize(7);
  }

  @Test
  void executesACallOnlyRightAfterTheOneBefore() {
    Frame second = frame(2, 0, 1);
    assertThat(runAfter(1, second).outcome()).isEqualTo(Appended.Outcome.OUT_OF_ORDER);
    run(frame(1, 0, 1), "");
    Frame fourth = frame(4, 0, 1);
    assertThat(runAfter(3, fourth).outcome()).isEqualTo(Appended.Outcome.OUT_OF_ORDER);
    assertThat(ids()).hasSize(1);
    assertThat(runAfter(1, second).outcome()).isEqualTo(Appended.Outcome.DONE);
    assertThat(run(fourth, "").outcome()).isEqualTo(Appended.Outcome.DONE);
  }

  @Test
  void appendsAllFieldsWhetherEntriesExpireOrNot() {
    List<List<String>> lasting =
        List.of(
            List.of("type", "t1", "key", "k1", "headers", "h1", "data", "d1"),
            List.of("type", "t2", "key", "", "headers", "", "data", ""));
    List<String> expiring =
        List.of("type", "t3", "key", "k3", "headers", "h3", "data", "d3", "ttl", "9");
    List<List<String>> mixed = List.of(lasting.get(0), expiring, lasting.get(1));
    for (List<List<String>> entries : List.of(lasting, mixed, List.of(expiring))) {
      run("DEL");
      run(new Frame(entries.stream().map(fields -> outgoing(0, fields)).toList(), ++calls), "");
      assertThat(fields()).isEqualTo(entries);
    }
  }

  @Test
  void appendsTextsOfEveryLength() {
    int call = 0;
    for (int length : new int[] {0, 1, 31, 32, 255, 256, 65_535, 65_536, 1_100_000}) {
      run("DEL");
      List<String> fields =
          List.of("type", "\u00e9".repeat(length / 2), "key", "k", "headers", "", "data", "d");
      List<String> others =
          List.of("type", "t", "key", "", "headers", "h", "data", "x".repeat(length));
      run(new Frame(List.of(outgoing(0, fields), outgoing(0, others)), ++call), "");
      assertThat(fields()).isEqualTo(List.of(fields, others));
    }
  }

  private List<List<String>> fields() {
    return Replies.list(run("XRANGE", "-", "+")).stream()
        .map(entry -> RawEntry.of(entry).fields())
        .map(fields -> fields.stream().map(field -> new String(field, UTF_8)).toList())
        .toList();
  }

  @Test
  void givesAllIdsWhereTheyDoNotFollowEachOther() {
    run("XADD", "99999999999999-18446744073709551613", "a", "b");
    Frame frame = frame(1, 0, 4);
    Appended appended = run(frame, "");
    assertThat(text(appended.ids()))
        .isEqualTo(
            List.of(
                "99999999999999-18446744073709551614",
                "99999999999999-18446744073709551615",
                "100000000000000-0",
                "100000000000000-1"));
    assertThat(run(frame, "").ids()).isEqualTo(appended.ids());
  }

  @Test
  void remembersHowMuchOfACallFitted() {
    Frame frame = frame(1, 3, 5);
    Appended appended = run(frame, "");
    assertThat(appended.ids()).hasSize(3);
    assertThat(appended.length()).isEqualTo(3);
    run("XTRIM", "MAXLEN", "0");
    assertThat(run(frame, "").ids()).isEqualTo(appended.ids());
    assertThat(ids()).isEmpty();
    assertThat(run(frame(2, 3, 1), "").ids()).hasSize(1);
    run("XADD", "*", "a", "b");
    run("XADD", "*", "a", "b");
    run("XADD", "*", "a", "b");
    assertThat(run(frame(3, 3, 1), ""))
        .isEqualTo(new Appended(Appended.Outcome.DONE, List.of(), 4));
  }

  @Test
  void doesNotAppendAgainWhereOnlyTheMemoryIsGone() {
    String newest = run(frame(1, 0, 1), "").ids().get(0).value();
    redis.commands().execute(Command.of("DEL").key(memory.key(keys)));
    Frame frame = frame(2, 0, 1);
    frame.replyLost();
    assertThat(run(frame, newest).outcome()).isEqualTo(Appended.Outcome.FORGOTTEN);
    assertThat(ids()).hasSize(1);
    run("DEL");
    assertThat(run(frame, newest).outcome()).isEqualTo(Appended.Outcome.DONE);
  }

  @Test
  void appendsAgainToAStreamFromBefore() {
    run("XADD", "1-1", "a", "b");
    Frame frame = frame(2, 0, 1);
    frame.replyLost();
    assertThat(run(frame, "1-2").outcome()).isEqualTo(Appended.Outcome.DONE);
    assertThat(ids()).hasSize(2);
  }

  @Test
  void refusesAKeyOfAnotherKindBeforeItWrites() {
    run("SET", "text");
    assertThatThrownBy(() -> run(frame(1, 0, 2), ""))
        .isInstanceOfSatisfying(
            ServerErrorException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_TYPE));
    assertThat(redis.commands().execute(Command.of("EXISTS").key(memory.key(keys)))).isEqualTo(0L);
  }
}
