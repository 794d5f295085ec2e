package dev.tandem.pubsub;

import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/**
 * Many subscribers of one channel or several, fast, slow, blocked and throwing, early and late,
 * with every answer to being slow, by name and by pattern, on a connection that suffers one fault
 * after another, while others publish, alone and in batches, half of them over a connection that is
 * cut and loses replies; and a model of each channel that knows what became of the data. It holds
 * each subscription to its promise, channel by channel: all that it is owed from its beginning on
 * ({@link Opening}), every version once and in order, no payload twice, each with the right one, or
 * a gap that had a ground when it was told ({@link Grounds}, {@link WitnessOfAll}); the same over
 * all subscriptions of one that is sent away and comes back from where it was told ({@link
 * Follower}); with conflation nothing left out but for a newer one ({@link WitnessOfNewest}); a
 * lost last message found; queues bounded; nothing left behind. {@link WitnessTest} shows each kind
 * of breach being found.
 *
 * <p>Not judged here: how soon a lost last message is found (that is {@link TailCheckIT}, for here
 * machine and connections stand still for a while), fleeting channels, which promise nothing that
 * could be, filters, and expiry.
 *
 * <p>A seed that failed runs again with {@code -Dtandem.seed=…}; threads still take their turns as
 * they like.
 */
@RedisTest(dedicated = true)
class RandomFaultsIT {
  private static void run(Schedule.Kind kind, RedisServer server, FaultProxy proxy, String tenant) {
    long seed = Long.getLong("tandem.seed", ThreadLocalRandom.current().nextLong());
    try (Schedule schedule = new Schedule(kind, seed, server, proxy, tenant)) {
      schedule.run();
    } catch (AssertionError | Exception e) {
      throw new AssertionError(kind + " with -Dtandem.seed=" + seed, e);
    }
  }

  @RepeatedTest(2)
  void whenNothingIsLostThereIsNoGap(
      RedisServer server, FaultProxy proxy, @UniqueTenant String tenant) {
    run(Schedule.Kind.KEEPING_ALL, server, proxy, tenant);
  }

  @RepeatedTest(2)
  void whenTheLogIsLostAndTrimmed(
      RedisServer server, FaultProxy proxy, @UniqueTenant String tenant) {
    run(Schedule.Kind.LOSING_DATA, server, proxy, tenant);
  }

  @Test
  void whenTheServerIsKilledAndComesBackEmpty(
      RedisServer server, FaultProxy proxy, @UniqueTenant String tenant) {
    run(Schedule.Kind.KILLED_LOSING_DATA, server, proxy, tenant);
  }

  @Test
  void whenAReplicaTakesOverThatLacksAcknowledgedMessages(
      RedisServer server, FaultProxy proxy, @UniqueTenant String tenant) {
    run(Schedule.Kind.ROLLED_BACK, server, proxy, tenant);
  }

  @Nested
  @RedisTest(dedicated = true, appendOnly = true)
  class WithPersistence {
    @Test
    void whenTheServerIsKilledAndComesBackWithItsData(
        RedisServer server, FaultProxy proxy, @UniqueTenant String tenant) {
      run(Schedule.Kind.KILLED_KEEPING_DATA, server, proxy, tenant);
    }
  }
}
