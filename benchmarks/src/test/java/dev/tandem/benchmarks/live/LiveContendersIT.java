package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.EveryContender;
import dev.tandem.benchmarks.harness.Server;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LiveContendersIT {
  private static final int MESSAGES = 200;

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
    return LiveCatalog.names();
  }

  @ParameterizedTest
  @MethodSource("works")
  void everyContenderMovesAllMessagesAndLeavesNothingBehind(String name) throws Exception {
    EveryContender.movesAll(server, LiveWorks::over, name, MESSAGES);
  }
}
