package dev.tandem.benchmarks.hybrid;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.RouteProbe;
import dev.tandem.benchmarks.harness.Server;
import dev.tandem.benchmarks.harness.Work;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.Jedis;

class HybridContendersIT {
  private static final int MESSAGES = 400;
  private static final int SENT = 20;

  private static Server server;

  @BeforeAll
  static void open() {
    server = Server.open(null);
  }

  @AfterAll
  static void close() {
    server.close();
  }

  static List<String> works() {
    return HybridCatalog.names();
  }

  @ParameterizedTest
  @MethodSource("works")
  void everyContenderMovesAllMessagesAndLeavesNothingBehind(String name) throws Exception {
    try (HybridBench bench = new HybridBench(server.url());
        Work work = requireNonNull(HybridCatalog.of(bench).get(name)).apply(MESSAGES)) {
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
