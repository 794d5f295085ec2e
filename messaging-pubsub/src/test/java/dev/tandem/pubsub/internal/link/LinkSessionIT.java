package dev.tandem.pubsub.internal.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

@RedisTest
class LinkSessionIT {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Writes down what is confirmed. */
  private static final class Confirmed implements LinkEvents {
    private final List<RedisKey> names = new CopyOnWriteArrayList<>();

    @Override
    public void onConnected() {}

    @Override
    public void onLost() {}

    @Override
    public void onConfirmed(RedisKey channel) {
      names.add(channel);
    }

    @Override
    public void onDenied(RedisKey channel, ServerErrorException error) {}

    @Override
    public void onPayload(RedisKey channel, byte[] payload) {}

    @Override
    public void onPatternPayload(RedisKey pattern, RedisKey channel, byte[] payload) {}
  }

  /** Does nothing. */
  private static final class IdleOwner implements LinkSession.Owner {
    @Override
    public void onFirstConfirmation() {}

    @Override
    public boolean maySpareThread() {
      return false;
    }

    @Override
    public boolean onStuck(LinkSession session) {
      return false;
    }

    @Override
    public void onRefused() {}

    @Override
    public void onForbidden() {}
  }

  /**
   * Who subscribes while the connection is being lost, to a channel that it had: the confirmation
   * must not be told once the loss is, for it says nothing of the connection to come.
   */
  @Test
  void aConnectionThatIsGivenUpConfirmsNothingMore(RedisServer server, @UniqueTenant String name)
      throws Exception {
    RedisKey probe = RedisKey.of("probe:" + name);
    RedisKey board = RedisKey.of("board:" + name);
    Confirmed confirmed = new Confirmed();
    try (RedisConnection redis = RedisConnection.connect(server.url())) {
      BusThreads threads = new BusThreads("test", null, new BusMetrics(redis.metrics()));
      LinkSession session =
          new LinkSession(
              redis.openSubscriber(), confirmed, new IdleOwner(), threads, System::nanoTime);
      Thread reading = new Thread(() -> runUntilCut(session, probe));
      try {
        reading.start();
        await().atMost(PATIENCE).until(session::isConfirmed);
        session.reconcile(Set.of(probe, board));
        await().atMost(PATIENCE).until(() -> confirmed.names.contains(board));
        session.change(List.of(board), List.of());
        assertThat(confirmed.names).containsExactly(probe, board, board);

        session.close();
        session.change(List.of(board), List.of());
        assertThat(confirmed.names).containsExactly(probe, board, board);
      } finally {
        session.close();
        reading.join(PATIENCE.toMillis());
        threads.close();
      }
    }
  }

  private static void runUntilCut(LinkSession session, RedisKey probe) {
    try {
      session.run(probe);
    } catch (UnavailableException expected) {
      // the end of the session
    }
  }
}
