package dev.tandem.benchmarks.harness;

import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisSource;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Jedis;

/** The Redis to measure with: the user's, or one of our own that ends with the run. */
public final class Server implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Server.class);

  /** Of a server that somebody else has started. */
  private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(5);

  private final RedisServer server;
  private final Jedis jedis;

  private Server(RedisServer server) {
    this.server = server;
    this.jedis = new Jedis(url());
  }

  /** The one at this URL, else this machine's {@code redis-server}, else the embedded binary. */
  public static Server open(@Nullable URI url) {
    if (url != null) {
      return new Server(
          RedisServer.builder()
              .source(RedisSource.external(url.toString()))
              .startTimeout(ANSWERS_WITHIN)
              .start());
    }
    try {
      return start(RedisSource.system());
    } catch (IllegalStateException none) {
      LOG.debug("no redis-server on the PATH, the embedded one is used", none);
      return start(RedisSource.embedded());
    }
  }

  private static Server start(RedisSource source) {
    return new Server(RedisServer.builder().source(source).start());
  }

  /** Where it is. */
  public URI url() {
    return URI.create(server.url());
  }

  /** What it says of its own work, asked over a connection of its own. */
  public ServerWork work() {
    return new ServerWork(jedis);
  }

  /** The conditions of a run, in words. */
  public String describe() {
    return "Redis "
        + server.version()
        + ", Java "
        + Runtime.version()
        + ", "
        + Runtime.getRuntime().availableProcessors()
        + " processors";
  }

  @Override
  public void close() {
    jedis.close();
    server.close();
  }
}
