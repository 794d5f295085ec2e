package dev.tandem.testkit.internal.server;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends the servers of this JVM that nobody closed. */
final class ShutdownHook {

  private static final Logger LOG = LoggerFactory.getLogger(ShutdownHook.class);
  private static final Set<Engine> OPEN = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(ShutdownHook::closeAll, "tandem-redis-shutdown"));
  }

  private ShutdownHook() {}

  static void add(Engine engine) {
    OPEN.add(engine);
  }

  static void remove(Engine engine) {
    OPEN.remove(engine);
  }

  private static void closeAll() {
    for (Engine engine : OPEN) {
      try {
        engine.close();
      } catch (RuntimeException e) {
        LOG.warn("Redis server {} was not ended", engine.endpoint(), e);
      }
    }
  }
}
