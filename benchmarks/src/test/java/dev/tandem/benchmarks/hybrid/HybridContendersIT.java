package dev.tandem.benchmarks.hybrid;

import dev.tandem.benchmarks.harness.EveryContender;
import dev.tandem.benchmarks.harness.OwnServer;
import dev.tandem.benchmarks.harness.Server;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(OwnServer.class)
class HybridContendersIT {
  private static final int MESSAGES = 400;

  static List<String> works() {
    return HybridCatalog.names();
  }

  @ParameterizedTest
  @MethodSource("works")
  void everyContenderMovesAllMessagesAndLeavesNothingBehind(String name, Server server)
      throws Exception {
    EveryContender.movesAll(server, HybridWorks::over, name, MESSAGES);
  }
}
