package dev.tandem.testkit.internal.server;

import dev.tandem.testkit.internal.resp.Endpoint;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;

/**
 * A server in a container. The container is killed, paused and started again by the Docker client,
 * so that its port and its volume stay; only {@link #wipe()} makes a new one.
 */
public final class ContainerEngine implements Engine {

  private static final int INNER_PORT = 6379;
  private static final String CONFIGURATION = "/etc/tandem-redis.conf";
  private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1");
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration END_TIMEOUT = Duration.ofSeconds(15);
  private static final int LAST_LOG_CHARS = 4_000;

  private final ServerSettings settings;
  private final Endpoint endpoint;
  private final String alias;
  private final GenericContainer<?> container;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Endpoint master;
  private volatile boolean exists;
  private boolean paused;

  /** Describes the container; {@link #start()} starts it. */
  public ContainerEngine(String image, ServerSettings settings) {
    this.settings = settings;
    int port = settings.port() == 0 ? Ports.free() : settings.port();
    String host = DockerClientFactory.instance().dockerHostIpAddress();
    this.endpoint = Endpoint.of(host, port).withPassword(settings.password());
    this.alias = "tandem-redis-" + port;
    this.container = new GenericContainer<>(DockerImageName.parse(image));
    // A Docker daemon elsewhere must publish the port for us to reach it.
    String published = LOCAL.contains(host) ? "127.0.0.1:" + port : Integer.toString(port);
    String configuration =
        String.join("\n", settings.configuration("0.0.0.0", INNER_PORT, "/data"))
            + "\nprotected-mode no\n";
    container.setPortBindings(List.of(published + ":" + INNER_PORT));
    container
        .withNetwork(Network.SHARED)
        .withNetworkAliases(alias)
        .withCopyToContainer(Transferable.of(configuration), CONFIGURATION)
        .withCommand("redis-server", CONFIGURATION)
        .withStartupTimeout(settings.startTimeout());
  }

  @Override
  public Endpoint endpoint() {
    return endpoint;
  }

  @Override
  public Endpoint endpointForReplicas() {
    return endpoint.at(alias, INNER_PORT);
  }

  @Override
  public @Nullable String refusal() {
    return null;
  }

  @Override
  public void start() {
    lock.lock();
    try {
      if (alive()) {
        throw new IllegalStateException("the Redis server on " + endpoint + " runs already");
      }
      if (exists) {
        container.getDockerClient().startContainerCmd(container.getContainerId()).exec();
      } else {
        container.start();
        exists = true;
      }
      paused = false;
      awaitAnswer();
      if (master != null) {
        Replication.follow(endpoint, master);
      }
    } finally {
      lock.unlock();
    }
  }

  private void awaitAnswer() {
    if (!Waiting.until(settings.startTimeout(), () -> Probe.answers(endpoint, PROBE_TIMEOUT))) {
      String log = container.getLogs();
      throw new IllegalStateException(
          "the Redis server "
              + container.getDockerImageName()
              + " on "
              + endpoint
              + " did not answer PING within "
              + settings.startTimeout()
              + "; the end of its log:\n"
              + log.substring(Math.max(0, log.length() - LAST_LOG_CHARS)));
    }
  }

  @Override
  public void stop() {
    lock.lock();
    try {
      String id = running();
      unfreeze(id);
      container
          .getDockerClient()
          .stopContainerCmd(id)
          .withTimeout((int) END_TIMEOUT.toSeconds())
          .exec();
      awaitEnd();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void kill() {
    lock.lock();
    try {
      String id = running();
      // Docker refuses to kill what it has paused.
      unfreeze(id);
      container.getDockerClient().killContainerCmd(id).exec();
      awaitEnd();
    } finally {
      lock.unlock();
    }
  }

  private void awaitEnd() {
    if (!Waiting.until(END_TIMEOUT, () -> !alive())) {
      throw new IllegalStateException(
          "the Redis server on " + endpoint + " outlived its end by " + END_TIMEOUT);
    }
  }

  @Override
  public void pause() {
    lock.lock();
    try {
      String id = running();
      if (!paused) {
        container.getDockerClient().pauseContainerCmd(id).exec();
        paused = true;
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void resume() {
    lock.lock();
    try {
      unfreeze(running());
    } finally {
      lock.unlock();
    }
  }

  private void unfreeze(String id) {
    if (paused) {
      container.getDockerClient().unpauseContainerCmd(id).exec();
      paused = false;
    }
  }

  @Override
  public void wipe() {
    lock.lock();
    try {
      if (alive()) {
        throw new IllegalStateException("the Redis server on " + endpoint + " still runs");
      }
      // Removes the container with its volume.
      container.stop();
      exists = false;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void replicaOf(@Nullable Endpoint newMaster) {
    lock.lock();
    try {
      master = newMaster;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean alive() {
    return exists
        && Boolean.TRUE.equals(container.getCurrentContainerInfo().getState().getRunning());
  }

  private String running() {
    if (!alive()) {
      throw new IllegalStateException("the Redis server on " + endpoint + " is down");
    }
    return container.getContainerId();
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (exists && alive()) {
        unfreeze(container.getContainerId());
      }
      container.stop();
      exists = false;
    } finally {
      lock.unlock();
    }
  }
}
