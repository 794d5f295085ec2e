package dev.tandem.benchmarks.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.function.Function;
import redis.clients.jedis.Jedis;

/** Has every contender of a work move some messages, on a server of its own. */
public final class EveryContender {
  private static final int SENT = 20;

  private EveryContender() {}

  /**
   * All arrive, and no key is left behind.
   *
   * @param over opens the works over a server
   */
  public static void movesAll(Server server, Function<URI, Works> over, String name, int messages)
      throws Exception {
    try (Works works = over.apply(server.url());
        Work work = works.open(name, messages)) {
      assertThat(work.name()).isEqualTo(name);
      for (Contender contender : work.contenders()) {
        Round round = contender.round();
        work.clean();

        assertThat(round.messages()).as(contender.name()).isPositive();
        assertThat(round.lost()).as("lost by %s", contender.name()).isZero();
        assertThat(RouteProbe.missing(contender, SENT)).as(contender.name()).isZero();
      }
    }
    try (Jedis jedis = new Jedis(server.url())) {
      assertThat(jedis.keys("*")).as("keys left").isEmpty();
    }
  }
}
