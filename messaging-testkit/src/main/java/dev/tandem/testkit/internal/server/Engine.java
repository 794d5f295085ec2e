package dev.tandem.testkit.internal.server;

import dev.tandem.testkit.internal.resp.Endpoint;
import org.jspecify.annotations.Nullable;

/**
 * One server and the means to hurt it. Implementations are safe for use by many threads; every
 * method returns when its effect is in force.
 */
public interface Engine extends AutoCloseable {

  /** Where this machine's clients reach the server; stays the same for the engine's life. */
  Endpoint endpoint();

  /** Where a replica started by the same kind of engine reaches the server. */
  Endpoint endpointForReplicas();

  /** Why this server may not be hurt, or null when it may. */
  @Nullable String refusal();

  /** Starts the server on its port with the data on its disk, and waits until it answers. */
  void start();

  /** Ends the server in an orderly way, without a snapshot. */
  void stop();

  /** Ends the server at once. */
  void kill();

  /** Freezes the server; its connections stay open. */
  void pause();

  /** Ends {@link #pause()}. */
  void resume();

  /** Deletes what the server has on disk; the server must be down. */
  void wipe();

  /** Whose replica the server is from its next start on; null for nobody's. */
  void replicaOf(@Nullable Endpoint master);

  /** Whether the server's process exists, frozen or not. */
  boolean alive();

  /** Ends the server and deletes its data. */
  @Override
  void close();
}
