package dev.tandem.testkit.internal.server;

import dev.tandem.testkit.RedisErrorException;
import dev.tandem.testkit.internal.resp.Endpoint;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A server that somebody else runs. */
public final class ExternalEngine implements Engine {

  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(1);

  private final Endpoint endpoint;
  private final Duration startTimeout;

  /** {@link #start()} waits up to {@code startTimeout} for the server's PONG. */
  public ExternalEngine(String url, Duration startTimeout) {
    this.endpoint = Endpoint.parse(url);
    this.startTimeout = startTimeout;
  }

  @Override
  public Endpoint endpoint() {
    return endpoint;
  }

  @Override
  public Endpoint endpointForReplicas() {
    return endpoint;
  }

  @Override
  public @Nullable String refusal() {
    return "it is an external server";
  }

  @Override
  public void start() {
    boolean up;
    try {
      up = Waiting.until(startTimeout, this::alive);
    } catch (RedisErrorException e) {
      throw new IllegalStateException(
          "the external Redis server " + endpoint + " refuses PING: " + e.getMessage(), e);
    }
    if (!up) {
      throw new IllegalStateException(
          "the external Redis server " + endpoint + " did not answer PING within " + startTimeout);
    }
  }

  @Override
  public void stop() {
    throw refused();
  }

  @Override
  public void kill() {
    throw refused();
  }

  @Override
  public void pause() {
    throw refused();
  }

  @Override
  public void resume() {
    throw refused();
  }

  @Override
  public void wipe() {
    throw refused();
  }

  @Override
  public void replicaOf(@Nullable Endpoint master) {
    throw refused();
  }

  private IllegalStateException refused() {
    return new IllegalStateException("the Redis server " + endpoint + " is not ours to control");
  }

  @Override
  public boolean alive() {
    return Probe.answers(endpoint, PROBE_TIMEOUT);
  }

  @Override
  public void close() {
    // It goes on: it is not ours.
  }
}
