package dev.tandem.examples.quickstart;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisSource;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The Redis that the quickstart uses: the user's, or one of its own that ends with it. */
final class RedisBackend implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final @Nullable RedisServer ours;
  private final RedisAddress address;
  private final RedisConnection connection;

  private RedisBackend(
      @Nullable RedisServer ours, RedisAddress address, RedisConnection connection) {
    this.ours = ours;
    this.address = address;
    this.connection = connection;
  }

  /**
   * Connects.
   *
   * @param url the user's Redis, or null to start one
   * @throws QuickstartException if it cannot be reached or started
   */
  static RedisBackend open(@Nullable String url) {
    return url == null ? start() : connect(url);
  }

  private static RedisBackend connect(String url) {
    try {
      // Once and briefly, so that an address that does not answer is known at once.
      RedisConnection.builder()
          .url(url)
          .connectTimeout(PATIENCE)
          .replyTimeout(PATIENCE)
          .retry(1, PATIENCE)
          .build()
          .close();
      return new RedisBackend(null, new RedisAddress(url.strip()), RedisConnection.connect(url));
    } catch (MessagingException e) {
      throw QuickstartException.unusable(String.valueOf(e.getMessage()), e);
    }
  }

  private static RedisBackend start() {
    try {
      RedisServer server = RedisServer.builder().source(RedisSource.embedded()).start();
      return new RedisBackend(
          server, new RedisAddress(server.url()), RedisConnection.connect(server.url()));
    } catch (IllegalStateException | UncheckedIOException | MessagingException e) {
      String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw QuickstartException.unusable(
          "cannot start a Redis of its own (" + why + "); name one with --redis URL", e);
    }
  }

  RedisAddress address() {
    return address;
  }

  RedisConnection connection() {
    return connection;
  }

  /** Whether it belongs to the user, so that nothing may be left in it. */
  boolean isTheUsers() {
    return ours == null;
  }

  /** Where it is, without the login. */
  String describe() {
    return address + (isTheUsers() ? "" : ", started for this run only");
  }

  @Override
  public void close() {
    connection.close();
    if (ours != null) {
      ours.close();
    }
  }
}
