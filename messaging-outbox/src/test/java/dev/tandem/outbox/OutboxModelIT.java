package dev.tandem.outbox;

import static dev.tandem.outbox.OutboxStage.BOTH;
import static dev.tandem.outbox.OutboxStage.CHANNEL;
import static dev.tandem.outbox.OutboxStage.STREAM;

import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Transactions that overlap, commit late or roll back, relays that come and go, replies that are
 * lost, all by chance: what is published is what was committed.
 */
@RedisTest(dedicated = true)
@Timeout(180)
class OutboxModelIT {
  private static final int STEPS = 500;
  private static final int MOST_OPEN = 6;
  private static final int KEYS = 40;

  private final RedisServer server;
  private final String tenant;
  private final List<String> forStream = new ArrayList<>();
  private final List<String> forChannel = new ArrayList<>();
  private final Deque<String> freeKeys = new ArrayDeque<>();
  private int next;

  OutboxModelIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = tenant;
  }

  /** A transaction that is not committed; nobody else uses its key. */
  private record Open(
      Connection connection, String key, List<String> forStream, List<String> forChannel) {}

  @ParameterizedTest
  @EnumSource
  void whatIsPublishedIsWhatWasCommitted(Databases kind, FaultProxy proxy) throws Exception {
    long seed = new Random().nextLong();
    System.out.println("OutboxModelIT " + kind + " seed " + seed);
    Random random = new Random(seed);
    for (int key = 0; key < KEYS; key++) {
      freeKeys.add("k" + key);
    }
    try (OutboxStage stage = new OutboxStage(server, tenant, kind)) {
      List<Open> open = new ArrayList<>();
      List<OutboxRelay> relays = new ArrayList<>();
      for (int step = 0; step < STEPS; step++) {
        switch (random.nextInt(12)) {
          case 0, 1, 2 -> open(stage, open);
          case 3, 4, 5, 6 -> save(stage, open, random);
          case 7, 8 -> end(open, random, true);
          case 9 -> end(open, random, false);
          case 10 -> change(stage, proxy, relays, random);
          default -> fault(proxy, random);
        }
      }
      while (!open.isEmpty()) {
        end(open, random, true);
      }
      proxy.heal();
      stage.startRelay();
      stage.awaitEmpty();

      String as = kind + " seed " + seed;
      OutboxStage.assertOnceAndInOrder(stage.inStream(), forStream, "stream, " + as);
      OutboxStage.assertOnceAndInOrder(stage.payloadsOnBoard(), forChannel, "channel, " + as);
    }
  }

  private void open(OutboxStage stage, List<Open> open) throws SQLException {
    if (open.size() < MOST_OPEN) {
      Connection connection = stage.database.getConnection();
      connection.setAutoCommit(false);
      open.add(new Open(connection, freeKeys.remove(), new ArrayList<>(), new ArrayList<>()));
    }
  }

  private void save(OutboxStage stage, List<Open> open, Random random) {
    if (open.isEmpty()) {
      return;
    }
    Open one = open.get(random.nextInt(open.size()));
    int route = random.nextInt(4);
    for (int left = 1 + random.nextInt(40); left > 0; left--) {
      String payload = one.key() + ":" + next++;
      stage.save(one.connection(), route == 0 ? STREAM : route == 1 ? CHANNEL : BOTH, payload);
      if (route != 1) {
        one.forStream().add(payload);
      }
      if (route != 0) {
        one.forChannel().add(payload);
      }
    }
  }

  private void end(List<Open> open, Random random, boolean commits) throws SQLException {
    if (open.isEmpty()) {
      return;
    }
    Open one = open.remove(random.nextInt(open.size()));
    try (Connection connection = one.connection()) {
      if (commits) {
        connection.commit();
        forStream.addAll(one.forStream());
        forChannel.addAll(one.forChannel());
      } else {
        connection.rollback();
      }
    }
    freeKeys.add(one.key());
  }

  private static void change(
      OutboxStage stage, FaultProxy proxy, List<OutboxRelay> relays, Random random) {
    if (relays.size() < 3 && random.nextInt(3) > 0) {
      relays.add(stage.startRelay(proxy.url(), stage.database));
    } else if (!relays.isEmpty()) {
      relays.remove(random.nextInt(relays.size())).close(Duration.ZERO);
    }
  }

  private static void fault(FaultProxy proxy, Random random) {
    switch (random.nextInt(3)) {
      case 0 -> proxy.reset();
      case 1 -> proxy.executeButDropReply(command -> command.contains("EVAL"));
      default -> proxy.dropRepliesAndReset(1 + random.nextInt(5));
    }
  }
}
